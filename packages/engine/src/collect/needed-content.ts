import type { Digest } from '@slipway/oci';
import type { StateReader, StateTransaction } from '../state/state-database.ts';

/** Configs, manifests and indexes of images, what running commands hold, all that these refer to, and every form of the images' layers. */
const NEEDED = `
  WITH RECURSIVE needed (digest) AS (
    SELECT id FROM image
    UNION SELECT manifest_digest FROM image_manifest
    UNION SELECT target FROM image_name WHERE target IS NOT NULL
    UNION SELECT digest FROM image_digest
    UNION SELECT digest FROM lease_content
    UNION SELECT digest FROM layer_blob WHERE diff_id IN (SELECT diff_id FROM image_layer)
    UNION SELECT child FROM content_reference JOIN needed ON parent = needed.digest
  )`;

export function neededContent(reader: StateReader): ReadonlySet<Digest> {
  return new Set(reader.all<{ digest: Digest }>(`${NEEDED} SELECT digest FROM needed`).map(({ digest }) => digest));
}

/** Forgets what the state knows about content and layers that are not needed. */
export function forgetUnneeded(tx: StateTransaction): void {
  tx.run(`${NEEDED} DELETE FROM content_reference WHERE parent NOT IN (SELECT digest FROM needed)`);
  tx.run(
    'DELETE FROM layer_blob WHERE diff_id NOT IN (SELECT diff_id FROM image_layer) AND digest NOT IN (SELECT digest FROM lease_content)',
  );
  tx.run('DELETE FROM layer_size WHERE diff_id NOT IN (SELECT diff_id FROM image_layer)');
}
