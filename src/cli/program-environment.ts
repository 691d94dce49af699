/** What our own transports log in with, where it stands in the environment itself. */
const secrets: ReadonlySet<string> = new Set([
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "SAMEWIRE_TOKEN",
  "SSH_AUTH_SOCK",
]);

const proxyVariable = /^(?:https?|all)_proxy$/i;

/** Our environment for a program that is to use our connections in the place of our credentials, with more variables. */
export function programEnvironment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name, value = ""]) => !secrets.has(name) && !(proxyVariable.test(name) && value.includes("@")),
  );
  return { ...Object.fromEntries(kept), ...more };
}
