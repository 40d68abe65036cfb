/** Whether labels have all of these: `key`, or `key=value`. */
export function hasLabels(labels: Readonly<Record<string, string>>, wanted: readonly string[]): boolean {
  return wanted.every((text) => {
    const equals = text.indexOf('=');
    const key = equals === -1 ? text : text.slice(0, equals);
    return Object.hasOwn(labels, key) && (equals === -1 || labels[key] === text.slice(equals + 1));
  });
}
