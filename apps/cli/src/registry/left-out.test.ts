import { describe, expect, it } from 'vitest';
import { LeftOut } from './left-out.ts';
import { HIGH, LOW } from './testing/two-layers.ts';

describe('LeftOut.warning()', () => {
  it('is empty when all was kept', () => {
    const leftOut = new LeftOut();
    leftOut.onEvent({ kind: 'unpack-done', digest: LOW, how: 'unpacked' });
    expect(leftOut.warning()).toBe('');
  });

  it('is one line for all layers, with an example of each kind, and the way out for owners', () => {
    const leftOut = new LeftOut();
    const owner = { path: 'etc/shadow', what: 'owner', reason: 'this user has no id 0:42 here' } as const;
    const device = { path: 'dev/\nnull', what: 'device', reason: 'this user may make no devices' } as const;
    leftOut.onEvent({ kind: 'unpack-skipped', digest: LOW, skipped: { count: 7, examples: [owner, { ...owner, path: 'etc/gshadow' }] } });
    leftOut.onEvent({ kind: 'unpack-skipped', digest: HIGH, skipped: { count: 1, examples: [device] } });
    expect(leftOut.warning()).toBe(
      'WARNING: 8 things of the unpacked files could not be kept: ' +
        'files that belong to somebody else became your own ("etc/shadow": this user has no id 0:42 here); ' +
        'devices were left out ("dev/\\nnull": this user may make no devices); `slipway doctor` says how to keep owners\n',
    );
  });
});
