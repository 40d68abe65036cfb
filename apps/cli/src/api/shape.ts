/** What a JSON value must have: a type, a type or null (`string?`), a list, or an object with at least these fields. */
export type Shape = 'string' | 'number' | 'boolean' | 'string?' | readonly [Shape] | { readonly [field: string]: Shape };

export function hasShape(value: unknown, shape: Shape): boolean {
  if (shape === 'string?') return value === null || typeof value === 'string';
  if (typeof shape === 'string') return typeof value === shape;
  if (isList(shape)) return Array.isArray(value) && value.every((item) => hasShape(item, shape[0]));
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([field, inner]) => hasShape(fields[field], inner));
}

function isList(shape: Shape): shape is readonly [Shape] {
  return Array.isArray(shape);
}
