import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { RepositoryName } from '@slipway/oci';

/**
 * Names upload sessions: `<uuid>-<tag>`, where the tag binds the session to its repository, so that whoever may push elsewhere can do nothing
 * with an id it saw. No row has to be kept for a session.
 */
export interface UploadIds {
  create(repository: RepositoryName): string;
  /** Whether this is the id of a session of that repository. */
  belongsTo(id: string, repository: RepositoryName): boolean;
}

const PATTERN = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})-([0-9a-f]{16})$/;

/** `key` must be the same for all servers and restarts that share the uploads; 32 random bytes. */
export function createUploadIds(key: Uint8Array): UploadIds {
  const tagOf = (uuid: string, repository: string): string =>
    createHmac('sha256', key).update(`${uuid}\0${repository}`).digest('hex').slice(0, 16);
  return {
    create(repository) {
      const uuid = randomUUID();
      return `${uuid}-${tagOf(uuid, repository)}`;
    },
    belongsTo(id, repository) {
      const [, uuid, tag] = PATTERN.exec(id) ?? [];
      if (uuid === undefined || tag === undefined) return false;
      return timingSafeEqual(Buffer.from(tag), Buffer.from(tagOf(uuid, repository)));
    },
  };
}
