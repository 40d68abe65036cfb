import { describe, expect, it } from 'vitest';
import { overlayOptions } from './overlay-options.ts';

const all = () => true;
const none = () => false;

describe('overlayOptions()', () => {
  it('names folders from the one they share', () => {
    const mount = {
      type: 'overlay',
      lowers: ['/h/s/l/b', '/h/s/l/a'],
      upper: '/h/s/x/fs',
      work: '/h/s/x/work',
      xattrs: 'trusted',
    } as const;
    expect(overlayOptions(mount, none)).toEqual({ base: '/h/s', text: 'lowerdir=l/b:l/a,upperdir=x/fs,workdir=x/work' });
  });

  it('turns off what would leave marks in upper folders', () => {
    const mount = { type: 'overlay', lowers: ['/a/b', '/a/c'], xattrs: 'trusted' } as const;
    expect(overlayOptions(mount, all).text).toBe('lowerdir=b:c,index=off,metacopy=off,redirect_dir=off');
    expect(overlayOptions({ ...mount, xattrs: 'user' }, all).text).toBe('lowerdir=b:c,index=off,userxattr');
  });

  it('escapes what separates folders and options', () => {
    const mount = { type: 'overlay', lowers: ['/a,b/c:d', String.raw`/e\f`], xattrs: 'trusted' } as const;
    expect(overlayOptions(mount, none)).toEqual({ base: '/', text: String.raw`lowerdir=a\,b/c\:d:e\\f` });
  });

  it('stays below a page with 340 layers in a home of any depth', () => {
    const links = '/home/somebody/.local/share/slipway/snapshots/l';
    const lowers = Array.from({ length: 340 }, (_, position) => `${links}/${String(position).padStart(8, '0')}`);
    const id = 'x'.repeat(26);
    const snapshot = `/home/somebody/.local/share/slipway/snapshots/${id}`;
    const mount = { type: 'overlay', lowers, upper: `${snapshot}/fs`, work: `${snapshot}/work`, xattrs: 'trusted' } as const;
    expect(overlayOptions(mount, all).text.length).toBeLessThan(4095);
  });
});
