import { type ErrorTable, errorFactory } from '@slipway/base';

export const ENGINE_ERRORS = {
  HOME_UNUSABLE: { kind: 'unavailable', advice: 'Make the folder of $SLIPWAY_HOME writable for yourself, or name another one.' },
  HOME_FULL: {
    kind: 'exhausted',
    advice: 'Free space where $SLIPWAY_HOME lies, then `slipway system prune` clears away what no image needs.',
  },
  STATE_BUSY: { kind: 'unavailable', advice: 'Another slipway command keeps the state locked: wait for it or stop it, then try again.' },
  STATE_NEWER: { kind: 'precondition', advice: 'Use the version of Slipway that used $SLIPWAY_HOME last, or a later one.' },
  STATE_FAILED: { kind: 'internal', advice: 'Check the disk and the permissions of $SLIPWAY_HOME.' },
  LEASE_CLOSED: { kind: 'internal', advice: 'The command that used the content has ended already: report this.' },
  CONTENT_MISSING: { kind: 'not-found', advice: 'Content of the image is gone from this machine: pull, load or build it again.' },
  CONTENT_CORRUPT: {
    kind: 'data-loss',
    advice: 'Content of the image is damaged on this machine: remove the image and pull it again; check the disk.',
  },
  CONTENT_TOO_LARGE: { kind: 'invalid', advice: 'A manifest or config of this size is none: check where the image comes from.' },
  IMAGE_UNKNOWN: { kind: 'not-found', advice: 'List the images of this machine with `slipway images`, or pull it.' },
  IMAGE_AMBIGUOUS: { kind: 'invalid', advice: 'Give more digits of the image id.' },
  IMAGE_CONFLICT: { kind: 'conflict', advice: 'Remove the containers that use the image, or use --force where that is said to help.' },
  IMAGE_INVALID: { kind: 'invalid', advice: 'The image contradicts itself: build or push it again.' },
  TAG_REFUSED: { kind: 'invalid', advice: 'Give the image a name and a tag, without a digest.' },
  CHANGED_WHILE_READ: { kind: 'conflict', advice: 'Stop what writes to the files (pause the container), then try again.' },
  LAYER_READ_FAILED: { kind: 'unavailable', advice: 'Check the disk and the permissions of $SLIPWAY_HOME.' },
  LAYER_UNSUPPORTED: { kind: 'unsupported', advice: 'Rename or remove the file that the message names: a layer has no way to hold it.' },
  LAYER_CHANGED: {
    kind: 'data-loss',
    advice: 'The unpacked files are not those of the layer any more: remove the image, then pull, load or build it again.',
  },
  ARCHIVE_INVALID: {
    kind: 'invalid',
    advice: 'Write the archive again, with `save` of docker, podman or slipway; `import` takes a file system.',
  },
  ARCHIVE_INCOMPLETE: { kind: 'invalid', advice: 'Write the archive again: a part of an image is missing in it.' },
  ARCHIVE_UNSUPPORTED: { kind: 'unsupported', advice: 'Compress the archive with gzip or zstd, or not at all.' },
  ARCHIVE_TOO_LARGE: {
    kind: 'exhausted',
    advice: 'A document of this size is none that a program writes: check where the archive comes from.',
  },
  ARCHIVE_BLOB_MISMATCH: {
    kind: 'data-loss',
    advice: 'Copy the image again: its content arrived damaged, or is damaged where it comes from.',
  },
  ARCHIVE_IMAGE_UNKNOWN: { kind: 'not-found', advice: 'Give the reference of an image that index.json of the layout lists.' },
  LAYER_INVALID: { kind: 'invalid', advice: 'The layer contradicts the layers below it: build or push the image again.' },
  SNAPSHOT_MISSING: { kind: 'not-found', advice: 'Layers of the image are not unpacked on this machine: pull, load or build it again.' },
  SNAPSHOT_COPY_FAILED: { kind: 'unavailable', advice: 'Check free space and permissions of $SLIPWAY_HOME, and that GNU cp is installed.' },
  SNAPSHOT_GONE: {
    kind: 'internal',
    advice: 'The files were collected while a command still worked on them: run it again, and report this.',
  },
  LAYERS_TOO_MANY: { kind: 'unsupported', advice: 'Build the image with fewer layers: docker stops at 125.' },
  LAYER_MISMATCH: { kind: 'data-loss', advice: 'The layers are not the ones that the image config names: build or push the image again.' },
  LAYER_FOREIGN: {
    kind: 'unsupported',
    advice: 'The image keeps layers outside the registry, as Windows images do: use one that is whole.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    kind: 'unsupported',
    advice: 'This is no container image: fetch it with the program it is made for, such as oras or helm.',
  },
  MOUNT_FAILED: { kind: 'unavailable', advice: 'Ask `slipway doctor` what this machine can mount.' },
  SNAPSHOTTER_UNUSABLE: {
    kind: 'unsupported',
    advice: 'Let slipway choose how layers are kept, or read what `slipway doctor` says about overlay.',
  },
  SNAPSHOTTER_UNDECIDED: {
    kind: 'unavailable',
    advice: 'Run it again; if it stays so, look for free space where $SLIPWAY_HOME lies, for memory, and for what stops processes.',
  },
  WORKER_FAILED: {
    kind: 'unavailable',
    advice: 'See the message for what could not be started; `slipway doctor` says what is missing. Else run it again.',
  },
  WORKER_CLOSED: { kind: 'cancelled', advice: 'The command is ending: run it again.' },
  UNPACK_INVALID: {
    kind: 'invalid',
    advice: 'Build the image again: a layer contradicts itself, so that docker can not unpack it either.',
  },
  UNPACK_REFUSED: { kind: 'denied', advice: 'Do not use the image: one of its layers tries what no layer may.' },
  UNPACK_FAILED: {
    kind: 'unavailable',
    advice: 'Free space or inodes where $SLIPWAY_HOME lies; check its disk and what its filesystem supports.',
  },
  UNPACK_BLOB_SHORT: {
    kind: 'data-loss',
    advice: 'The stored blob is shorter than it should be: remove the image and pull it again; check the disk.',
  },
} as const satisfies ErrorTable;

export type EngineErrorCode = keyof typeof ENGINE_ERRORS;

export const engineError = errorFactory(ENGINE_ERRORS);
