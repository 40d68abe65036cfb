import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDigest } from './digest.ts';
import { familiarReference, formatReference, parseReference, type Reference, withDefaultTag } from './reference.ts';
import { parseRepositoryName } from './repository-name.ts';
import { parseTagName } from './tag-name.ts';

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const registry = fc.constantFrom(
  'docker.io',
  'localhost',
  'localhost:5000',
  'ghcr.io',
  '[::1]:5000',
  '[2001:db8::1]',
  '10.0.0.1:80',
  'HUB',
);
const component = fc.stringMatching(/^[a-z0-9]{1,5}(?:(?:[._]|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
const anyReference: fc.Arbitrary<Reference> = fc
  .record(
    {
      registry,
      repository: fc.oneof(
        fc.array(component, { minLength: 2, maxLength: 4 }).map((parts) => parts.join('/')),
        component.map((name) => `library/${name}`),
        fc.constantFrom('localhost/x', 'library/localhost', 'foo.bar/baz', `library/${HEX}`, 'library/a/b'),
      ),
      tag: fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,12}$/).map(parseTagName),
      digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => parseDigest(`sha256:${hex}`)),
    },
    { requiredKeys: ['registry', 'repository'] },
  )
  .map(({ repository, ...rest }) => ({ ...rest, repository: parseRepositoryName(repository) }));

describe('parseReference()', () => {
  test.each([
    ['nginx', 'docker.io/library/nginx'],
    ['nginx:1.27', 'docker.io/library/nginx:1.27'],
    ['ann/app', 'docker.io/ann/app'],
    ['index.docker.io/nginx', 'docker.io/library/nginx'],
    ['docker.io/nginx', 'docker.io/library/nginx'],
    ['localhost/foo', 'localhost/foo'],
    ['localhost:5000/foo', 'localhost:5000/foo'],
    ['localhost', 'docker.io/library/localhost'],
    ['foo.bar/baz', 'foo.bar/baz'],
    ['foo.bar', 'docker.io/library/foo.bar'],
    ['hub:5000/a/b/c:v1', 'hub:5000/a/b/c:v1'],
    ['[::1]:5000/foo:v1', '[::1]:5000/foo:v1'],
    ['HOST/foo', 'HOST/foo'],
    [`nginx:1@sha256:${HEX}`, `docker.io/library/nginx:1@sha256:${HEX}`],
    [`nginx@sha256:${HEX}`, `docker.io/library/nginx@sha256:${HEX}`],
    [`${HEX}:tag`, `docker.io/library/${HEX}:tag`],
  ])('reads %s as %s', (text, whole) => {
    expect(formatReference(parseReference(text))).toBe(whole);
  });

  test('adds no tag', () => {
    expect(parseReference('nginx')).toEqual({ registry: 'docker.io', repository: 'library/nginx' });
  });

  test('puts names without a registry where defaultRegistry says, without library/', () => {
    expect(formatReference(parseReference('app', { defaultRegistry: 'hub:5000' }))).toBe('hub:5000/app');
  });

  test.each([
    ['Nginx', 'invalid reference format: repository name (library/Nginx) must be lowercase'],
    ['hub/A\n', 'invalid reference format: repository name (hub/A\\n) must be lowercase'],
    ['hub:5000/A', 'invalid reference format: repository name (A) must be lowercase'],
    [HEX, `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`],
    ['a'.repeat(300), 'repository name must not be more than 255 characters'],
    ['', 'invalid reference format'],
    [':tag', 'invalid reference format'],
    ['nginx:', 'invalid reference format'],
    ['nginx:a b', 'invalid reference format'],
    ['nginx@', 'invalid reference format'],
    ['nginx@sha256:abc', 'invalid reference format'],
    ['https://hub/app', 'invalid reference format'],
    ['-hub.example/app', 'invalid reference format'],
    ['hub.example:port/app', 'invalid reference format'],
    ['[::1/app', 'invalid reference format'],
    [`${'a.'.repeat(100_000)}a/app`, 'invalid reference format'],
    ['hub.example/', 'invalid reference format'],
    ['a//b', 'invalid reference format'],
    ['nginx\n', 'invalid reference format'],
  ])('refuses %j in docker words', (text, reason) => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'REFERENCE_INVALID', details: { reason } }));
  });

  test('reads back what formatReference() writes', () => {
    fc.assert(
      fc.property(anyReference, (reference) => {
        expect(parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });

  test('throws REFERENCE_INVALID or returns what it can read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9.:/@_[\]-]{0,40}$/)), (text) => {
        const reference = attempt(text);
        expect(reference && parseReference(formatReference(reference))).toEqual(reference);
      }),
    );
  });
});

describe('familiarReference()', () => {
  test.each([
    ['docker.io/library/nginx:1', 'nginx:1'],
    ['docker.io/ann/app', 'ann/app'],
    ['docker.io/library/a/b', 'library/a/b'],
    ['docker.io/foo.bar/baz', 'docker.io/foo.bar/baz'],
    ['docker.io/localhost/baz', 'docker.io/localhost/baz'],
    [`docker.io/library/${HEX}`, `library/${HEX}`],
    ['hub:5000/library/nginx', 'hub:5000/library/nginx'],
  ])('shows %s as %s', (text, short) => {
    expect(familiarReference(parseReference(text))).toBe(short);
  });

  test('means the same reference', () => {
    fc.assert(
      fc.property(anyReference, (reference) => {
        expect(parseReference(familiarReference(reference))).toEqual(reference);
      }),
    );
  });
});

test('withDefaultTag() adds latest only where neither tag nor digest is', () => {
  const familiar = (text: string) => familiarReference(withDefaultTag(parseReference(text)));
  expect(familiar('nginx')).toBe('nginx:latest');
  expect(familiar('nginx:1')).toBe('nginx:1');
  expect(familiar(`nginx@sha256:${HEX}`)).toBe(`nginx@sha256:${HEX}`);
});

function attempt(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch (error) {
    expect(error).toMatchObject({ code: 'REFERENCE_INVALID' });
    return undefined;
  }
}
