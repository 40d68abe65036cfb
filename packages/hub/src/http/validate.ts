import type { Static, TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { Convert } from 'typebox/value';
import { hubError } from '../errors.ts';

export type Validate<Schema extends TSchema> = (value: unknown) => Static<Schema>;

/** Checks JSON exactly as it came. The returned function throws REQUEST_INVALID, naming the field and never its value. */
export function createBodyValidator<Schema extends TSchema>(schema: Schema): Validate<Schema> {
  const compiled = Compile(schema);
  return (value) => {
    const given: unknown = value ?? {};
    if (compiled.Check(given)) return given;
    throw invalid('body', compiled.Errors(given)[0]);
  };
}

/** The same for a query string, whose values are all text. */
export function createQueryValidator<Schema extends TSchema>(schema: Schema): Validate<Schema> {
  const compiled = Compile(schema);
  return (value) => {
    const given: unknown = Convert(schema, typeof value === 'object' ? { ...value } : {});
    if (compiled.Check(given)) return given;
    throw invalid('query', compiled.Errors(given)[0]);
  };
}

interface Complaint {
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

function invalid(where: 'body' | 'query', complaint: Complaint | undefined) {
  if (complaint === undefined) return hubError('REQUEST_INVALID', `Cannot read the ${where}: it does not have the expected shape`);
  const { params } = complaint;
  const missing: unknown = 'requiredProperties' in params ? params.requiredProperties : undefined;
  if (Array.isArray(missing)) {
    return hubError('REQUEST_INVALID', `Cannot read the ${where}: field "${missing.join('", "')}" is missing`, {
      details: { fields: missing },
    });
  }
  const field = complaint.instancePath.slice(1).replaceAll('/', '.');
  if (complaint.message === 'schema is false') {
    return hubError('REQUEST_INVALID', `Cannot read the ${where}: there is no field "${field}"`, { details: { fields: [field] } });
  }
  const subject = field === '' ? 'it' : `field "${field}"`;
  const details = { fields: field === '' ? [] : [field] };
  return hubError('REQUEST_INVALID', `Cannot read the ${where}: ${subject} ${complaint.message}${allowed(params)}`, { details });
}

function allowed(params: object): string {
  const values: unknown = 'allowedValues' in params ? params.allowedValues : undefined;
  return Array.isArray(values) ? ` (${values.map((value) => JSON.stringify(value)).join(', ')})` : '';
}
