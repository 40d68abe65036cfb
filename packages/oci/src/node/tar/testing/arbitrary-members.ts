import * as fc from 'fast-check';
import type { TarEntryToWrite } from '../entry-to-write.ts';
import type { TarMember } from '../write-tar.ts';

// Archives of any legal content.

const KINDS = ['file', 'hardlink', 'symlink', 'character-device', 'block-device', 'folder', 'fifo'] as const;

const nameByte = fc.oneof(fc.integer({ min: 0x61, max: 0x7a }), fc.integer({ min: 1, max: 255 }), fc.constant(0x2f));
/** Without a closing slash, which only folders may have. */
const name = fc
  .tuple(fc.array(nameByte, { maxLength: 300 }), fc.integer({ min: 0x61, max: 0x7a }))
  .map(([bytes, last]) => Buffer.from([...bytes, last]));
const id = fc.oneof(fc.nat(2_097_151), fc.integer({ min: 2_097_152, max: 0xff_ff_ff_fe }));
const seconds = fc.oneof(fc.nat(2 ** 31 - 1), fc.integer({ min: -(2 ** 40), max: 2 ** 40 }));
const xattrName = fc.stringMatching(/^(user|security|trusted)\.[a-z0-9_.é-]{1,20}$/);
const xattrs = fc.uniqueArray(fc.tuple(xattrName, fc.uint8Array({ maxLength: 60 })), { maxLength: 3, selector: ([key]) => key });

export function arbitraryMember(): fc.Arbitrary<TarMember> {
  const fields = fc.record({
    kind: fc.constantFrom(...KINDS),
    name,
    link: name,
    mode: fc.nat(0o7777),
    uid: id,
    gid: id,
    seconds,
    nanoseconds: fc.oneof(fc.constant(0), fc.nat(999_999_999)),
    device: fc.nat(0o7777777),
    xattrs,
    content: fc.uint8Array({ maxLength: 1500 }),
  });
  return fields.map((drawn) => {
    const isDevice = drawn.kind.endsWith('device');
    const entry: TarEntryToWrite = {
      kind: drawn.kind,
      name: drawn.kind === 'folder' ? Buffer.concat([drawn.name, Buffer.from('/')]) : drawn.name,
      mode: drawn.mode,
      uid: drawn.uid,
      gid: drawn.gid,
      sizeBytes: drawn.kind === 'file' ? drawn.content.length : 0,
      mtimeSeconds: drawn.seconds,
      mtimeNanoseconds: drawn.nanoseconds,
      deviceMajor: isDevice ? drawn.device : 0,
      deviceMinor: isDevice ? drawn.device : 0,
      xattrs: new Map(drawn.xattrs.map(([key, value]) => [key, Buffer.from(value)])),
      ...(drawn.kind === 'hardlink' || drawn.kind === 'symlink' ? { linkName: drawn.link } : {}),
    };
    return drawn.kind === 'file' ? { entry, content: drawn.content } : { entry };
  });
}

export function arbitraryMembers(): fc.Arbitrary<TarMember[]> {
  return fc.array(arbitraryMember(), { maxLength: 6 });
}
