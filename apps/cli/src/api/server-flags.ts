import { switchFlag, textFlag } from '../command/flag.ts';

/** How a command finds the server: for commands whose own stdin is taken. */
export const SERVER_FLAGS = {
  data: textFlag("The server's data folder: talk to it as its owner, without login (default $SLIPWAY_DATA, else ./data of the checkout)", {
    placeholder: 'folder',
  }),
  server: textFlag('Talk to the server at this address instead (default $SLIPWAY_SERVER)', { placeholder: 'url' }),
  username: textFlag('Account to log in with (default $SLIPWAY_USERNAME; the password is $SLIPWAY_PASSWORD, or asked for)', { short: 'u' }),
  insecure: switchFlag('Allow plain HTTP to another machine, where others may read the password'),
};

/** The same, where stdin can hold the password of the login. */
export const SERVER_LOGIN_FLAGS = {
  ...SERVER_FLAGS,
  'password-stdin': switchFlag('Take the password of the login from stdin'),
};
