#!/bin/sh
# For who lets one name another ssh, but not its arguments.
exec ssh $SSH_WORDS "$@"
