import { forgetBlobs, forgetMemberships, loseBlob, loseManifestContent, removeUntagged } from './collect/transactions.ts';
import { keepBlob, linkBlob, mountBlob, unlinkBlob } from './content/blobs.ts';
import { deleteManifest, keepManifest, putManifest } from './content/manifests.ts';
import { deleteTag } from './content/tags.ts';
import { forgetEvents } from './outbox/transactions.ts';

/** Every write of the registry, by the name under which the database's writer runs it. */
export const registryTransactions = {
  'registry.linkBlob': linkBlob,
  'registry.mountBlob': mountBlob,
  'registry.keepBlob': keepBlob,
  'registry.unlinkBlob': unlinkBlob,
  'registry.putManifest': putManifest,
  'registry.keepManifest': keepManifest,
  'registry.deleteManifest': deleteManifest,
  'registry.deleteTag': deleteTag,
  'registry.forgetMemberships': forgetMemberships,
  'registry.forgetBlobs': forgetBlobs,
  'registry.removeUntagged': removeUntagged,
  'registry.loseBlob': loseBlob,
  'registry.loseManifestContent': loseManifestContent,
  'registry.forgetEvents': forgetEvents,
};
