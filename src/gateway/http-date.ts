const day = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const month = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)";
const time = "\\d{2}:\\d{2}:\\d{2}";

/** The three forms of RFC 9110, 5.6.7, the first of which is written. */
const imfFixdate = new RegExp(`^${day}, \\d{2} ${month} \\d{4} ${time} GMT$`);
const rfc850 = new RegExp(`^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \\d{2}-${month}-\\d{2} ${time} GMT$`);
const asctime = new RegExp(`^${day} ${month} [ \\d]\\d ${time} \\d{4}$`);

/** A date in a request; undefined for what is none, which a server has to ignore. */
export function parseHttpDate(text: string): Date | undefined {
  const zoned = imfFixdate.test(text) || rfc850.test(text);
  if (!zoned && !asctime.test(text)) return undefined;
  const date = new Date(zoned ? text : `${text} GMT`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** A time without what HTTP cannot say of it: less than a second. */
export function toSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}
