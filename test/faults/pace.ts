/** How many times faster than the clock on the wall the matrix's goes: the library's limits are its defaults, and a minute of silence takes six seconds. */
export const pace = 10;
