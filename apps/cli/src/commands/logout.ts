import { keyOfRegistry } from '@slipway/client';
import { defineCommand } from '../command/command.ts';
import { EXIT } from '../exit-code.ts';
import { parseRegistryName } from '../registry/registry-name.ts';

export const logoutCommand = defineCommand({
  path: ['logout'],
  summary: 'Log out from a registry',
  usage: '[SERVER]',
  operands: { min: 0, max: 1 },
  description: 'Without SERVER it is Docker Hub, or the registry that $SLIPWAY_REGISTRY names.',
  examples: ['slipway logout', 'slipway logout hub.example:5000'],
  flags: {},
  async run(context, { operands: [server] }) {
    using registries = await context.openRegistries();
    const name = registries.client.credentialNameOf(parseRegistryName(server));
    const shown = keyOfRegistry(name);
    const isLoggedIn = (await registries.credentials.find(name)) !== undefined;
    const isKnown = await registries.credentials.erase(name);
    context.stdout.write(isLoggedIn || isKnown ? `Removing login credentials for ${shown}\n` : `Not logged in to ${shown}\n`);
    return EXIT.success;
  },
});
