import { describe, expect, test } from 'vitest';
import { completeLock, findMissingOptionals, type LockFile } from './complete-lock.ts';

function lockWith(optionalDependencies: Readonly<Record<string, string>>): LockFile {
  return {
    packages: {
      '': {},
      'node_modules/tool': { version: '1.0.0', dev: true, optionalDependencies },
      'node_modules/tool-linux-x64': { version: '1.0.0', optional: true },
    },
  };
}

describe('completeLock()', () => {
  test('adds a platform package that is missing, for its platform alone', () => {
    const lock = lockWith({ 'tool-linux-x64': '1.0.0', '@tool/binding-linux-arm-musleabihf': '1.0.0', 'tool-darwin-arm64': '1.0.0' });
    expect(completeLock(lock).left).toEqual([]);
    expect(lock.packages['node_modules/@tool/binding-linux-arm-musleabihf']).toEqual({
      version: '1.0.0',
      cpu: ['arm'],
      os: ['linux'],
      libc: ['musl'],
      dev: true,
      optional: true,
    });
    expect(lock.packages['node_modules/tool-darwin-arm64']).toMatchObject({ cpu: ['arm64'], os: ['darwin'] });
    expect(findMissingOptionals(lock)).toEqual([]);
  });

  test('leaves a package whose name tells no platform', () => {
    const lock = lockWith({ fsevents: '2.3.3', 'tool-darwin-x64': '^1.0.0' });
    expect(completeLock(lock).left.map(({ name }) => name)).toEqual(['fsevents', 'tool-darwin-x64']);
  });

  test('finds nothing in a whole lock file', () => {
    expect(findMissingOptionals(lockWith({ 'tool-linux-x64': '1.0.0' }))).toEqual([]);
  });
});
