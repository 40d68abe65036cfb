import { describe, expect, test } from 'vitest';
import { resolveEndpoints } from './endpoints.ts';
import { parseMirrors } from './mirrors.ts';
import { isInsecure, schemesFor } from './schemes.ts';

describe('resolveEndpoints()', () => {
  test('sends docker.io to its own registry, or to the host that serves its names', () => {
    expect(resolveEndpoints('docker.io')).toEqual([{ host: 'registry-1.docker.io', prefix: '', credentialName: 'docker.io' }]);
    expect(resolveEndpoints('docker.io', { dockerHubHost: 'hub.example:5000' })).toEqual([
      { host: 'hub.example:5000', prefix: '', credentialName: 'hub.example:5000' },
    ]);
    expect(resolveEndpoints('ghcr.io', { dockerHubHost: 'hub.example' })).toEqual([
      { host: 'ghcr.io', prefix: '', credentialName: 'ghcr.io' },
    ]);
  });

  test('asks mirrors in order, and the registry itself where the list names it', () => {
    const mirrors = parseMirrors('{"gcr.io": "hub.example/gcr.io", "quay.io": ["mirror.example", "quay.io"]}');
    expect(resolveEndpoints('gcr.io', { mirrors })).toEqual([
      { host: 'hub.example', prefix: 'gcr.io/', namespace: 'gcr.io', credentialName: 'hub.example' },
    ]);
    expect(resolveEndpoints('quay.io', { mirrors })).toEqual([
      { host: 'mirror.example', prefix: '', namespace: 'quay.io', credentialName: 'mirror.example' },
      { host: 'quay.io', prefix: '', credentialName: 'quay.io' },
    ]);
    expect(resolveEndpoints('constructor', { mirrors })).toEqual([{ host: 'constructor', prefix: '', credentialName: 'constructor' }]);
  });
});

describe('parseMirrors()', () => {
  test.each(['', '[]', '{"gcr.io": 5}', '{"gcr.io": "http://x"}', '{"gcr.io": "x/UPPER"}', '{"a b": "x"}'])('refuses %j', (text) => {
    expect(() => parseMirrors(text)).toThrow(/^Cannot read "mirrors.json"/);
  });
});

describe('schemesFor()', () => {
  test('tries HTTP first on loopback, HTTPS first on insecure registries, and HTTPS alone elsewhere', () => {
    for (const host of ['localhost', 'localhost:5000', '127.0.0.1:5000', '[::1]:5000']) {
      expect(schemesFor(host, [])).toEqual(['http:', 'https:']);
    }
    expect(schemesFor('hub.example:5000', [])).toEqual(['https:']);
    expect(schemesFor('127.0.0.1.example', [])).toEqual(['https:']);
    for (const entry of ['hub.example:5000', 'hub.example']) expect(schemesFor('hub.example:5000', [entry])).toEqual(['https:', 'http:']);
    expect(schemesFor('10.1.2.3:80', ['10.0.0.0/8'])).toEqual(['https:', 'http:']);
  });
});

describe('isInsecure()', () => {
  test('keeps to what is named', () => {
    expect(isInsecure('hub.example', ['hub.example:5000'])).toBe(false);
    expect(isInsecure('11.1.2.3', ['10.0.0.0/8', 'nonsense/8', '10.0.0.0/99'])).toBe(false);
  });
});
