import { type ErrorTable, errorFactory } from '@slipway/base';

export const OCI_ERRORS = {
  DIGEST_INVALID: { kind: 'invalid', advice: 'Give the digest as sha256: and 64, or sha512: and 128, lowercase hexadecimal digits.' },
  NAME_INVALID: {
    kind: 'invalid',
    advice: 'Use lowercase letters and digits, separated by ".", "_", "__" or "-", in components separated by "/", 255 characters at most.',
  },
  TAG_INVALID: { kind: 'invalid', advice: 'Use up to 128 letters, digits, "_", "." and "-", not starting with "." or "-".' },
  REFERENCE_INVALID: { kind: 'invalid', advice: 'Write the reference as [HOST[:PORT]/]NAME[:TAG][@DIGEST], the name in lowercase.' },
  PLATFORM_INVALID: { kind: 'invalid', advice: 'Write the platform as OS/ARCHITECTURE[/VARIANT], as in linux/arm64 or linux/arm/v7.' },
  DESCRIPTOR_INVALID: { kind: 'invalid', advice: 'Check the program that wrote the descriptor: it needs mediaType, digest and size.' },
  MANIFEST_INVALID: {
    kind: 'invalid',
    advice: 'Check the manifest and its Content-Type against the OCI image specification, then push again.',
  },
  SCHEMA1_UNSUPPORTED: {
    kind: 'unsupported',
    advice: 'Push the image again with a current client (docker 1.10 or later): it then sends a schema 2 or OCI manifest.',
  },
  IMAGE_CONFIG_INVALID: { kind: 'invalid', advice: 'Build the image again: its config is not what the OCI image specification asks for.' },
} as const satisfies ErrorTable;

export type OciErrorCode = keyof typeof OCI_ERRORS;

export const ociError = errorFactory(OCI_ERRORS);
