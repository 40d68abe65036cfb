/** The fields of docker's documents that are maps: templates may ask them for any key. */
const MAPS = new Set(['Labels', 'ExposedPorts', 'Volumes', 'Data']);

/** A document as templates read it. */
export function templateValue(document: object): object {
  return Object.fromEntries(Object.entries(document).map(([name, value]) => [name, valueOf(name, value)]));
}

function valueOf(name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return MAPS.has(name) ? new Map(Object.entries(value)) : templateValue(value);
}
