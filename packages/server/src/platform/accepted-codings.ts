/** More than any browser names; what stands behind it is not read. */
const LONGEST_HEADER = 200

/** RFC 9110 §12.5.3, as far as it can be asked: codings that are named, unless their weight is zero. */
export function readCodings(header = ''): ReadonlySet<string> {
  const codings = header
    .slice(0, LONGEST_HEADER)
    .toLowerCase()
    .split(',')
    .map((part) => part.split(';').map((word) => word.trim()))
    .filter(([, weight = '']) => !/^q=0(?:\.0*)?$/.test(weight))
  return new Set(codings.map(([coding = '']) => coding))
}
