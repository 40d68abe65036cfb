import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

describe('parseChallenges()', () => {
  test('reads what registries send', () => {
    expect(
      parseChallenges('Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"'),
    ).toEqual([
      {
        scheme: 'bearer',
        parameters: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
      },
    ]);
  });

  test('reads several schemes in one header and in several', () => {
    const expected = [
      { scheme: 'basic', parameters: { realm: 'a, b' } },
      { scheme: 'bearer', parameters: { realm: 'https://x', service: 'y' } },
    ];
    expect(parseChallenges('Basic realm="a, b", Bearer realm="https://x" , service=y')).toEqual(expected);
    expect(parseChallenges(['Basic realm="a, b"', 'BEARER Realm="https://x",SERVICE="y"'])).toEqual(expected);
  });

  test('reads schemes without parameters, and with bare values', () => {
    expect(parseChallenges('Negotiate, NTLM TlRM+/==, Basic')).toEqual([
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'ntlm', parameters: {} },
      { scheme: 'basic', parameters: {} },
    ]);
  });

  test('undoes escapes', () => {
    expect(parseChallenges(String.raw`Basic realm="say \"hi\" \\ there"`)[0]?.parameters['realm']).toBe(String.raw`say "hi" \ there`);
  });

  test('reads back any parameters it is written', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
    const value = fc.string({ unit: fc.constantFrom('a', 'Z', ' ', ',', '=', '"', '\\', ':', '/', 'é'), maxLength: 12 });
    const challenge = fc.record({ scheme: token, parameters: fc.dictionary(token, value, { minKeys: 1, noNullPrototype: true }) });
    const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    fc.assert(
      fc.property(fc.array(challenge), (challenges) => {
        const header = challenges.map(
          ({ scheme, parameters }) =>
            `${scheme} ${Object.entries(parameters)
              .map(([name, text]) => `${name}=${quote(text)}`)
              .join(',')}`,
        );
        expect(parseChallenges(header.join(', '))).toEqual(challenges);
      }),
    );
  });

  test('survives anything', () => {
    fc.assert(fc.property(fc.string(), (text) => parseChallenges(text).every(({ scheme }) => scheme !== '')));
    expect(parseChallenges(undefined)).toEqual([]);
    expect(parseChallenges('Bearer realm="unended')).toEqual([{ scheme: 'bearer', parameters: {} }]);
  });
});
