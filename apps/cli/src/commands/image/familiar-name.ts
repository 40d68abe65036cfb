import { familiarReference, parseReference } from '@slipway/oci';

/** `docker.io/library/app` as a person writes it: `app`. */
export function familiarRepository(repository: string): string {
  return familiarReference(parseReference(repository));
}

/** `app:v1`. */
export function familiarTag({ repository, tag }: { readonly repository: string; readonly tag: string }): string {
  return `${familiarRepository(repository)}:${tag}`;
}

/** `app@sha256:…`. */
export function familiarDigest({ repository, digest }: { readonly repository: string; readonly digest: string }): string {
  return `${familiarRepository(repository)}@${digest}`;
}

/** `sha256:` and 64 digits as tables show them: 12 digits. */
export function shortId(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}
