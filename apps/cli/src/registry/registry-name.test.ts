import { describe, expect, it } from 'vitest';
import { parseRegistryName } from './registry-name.ts';

describe('parseRegistryName()', () => {
  it.each([
    [undefined, 'docker.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['hub.example:5000', 'hub.example:5000'],
    ['https://hub.example/v2/', 'hub.example'],
    ['localhost', 'localhost'],
    ['hub', 'hub'],
  ])('takes %j for %s', (text, name) => expect(parseRegistryName(text)).toBe(name));

  it.each(['ann:secret@hub.example', 'https://ann:secret@hub.example'])('refuses %j and does not say the password', (text) => {
    expect(() => parseRegistryName(text)).toThrow(/^Cannot log in or out: "[^"]*hub.example" is no registry's name$/);
    expect(() => parseRegistryName(text, 'use it')).not.toThrow('secret');
  });
});
