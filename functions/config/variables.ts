/** A variable of the environment that Daybreak reads. */
interface Variable {
  readonly meaning: string
  /** Value for `.env.example`. */
  readonly example: string
  /** Where it counts: on every command, in the server of a container, or in the shipped `local.yaml`. */
  readonly readBy: 'command line' | 'server' | 'local.yaml'
}

/** Every variable by its name; a YAML file of a project may name more. A flag wins over its variable. */
export const VARIABLES: Readonly<Record<string, Variable>> = {
  DAYBREAK_PROJECT_DIR: {
    meaning: 'Folder of the project. Default: the current one.',
    example: '.',
    readBy: 'command line',
  },
  DAYBREAK_ENV: {
    meaning: 'Environment: a file of config/environments, without .yaml. Default: local.',
    example: 'local',
    readBy: 'command line',
  },
  DAYBREAK_HOME: {
    meaning: 'Folder of raw files, tables and ledger of this machine; a relative one begins at the project.',
    example: '.daybreak',
    readBy: 'command line',
  },
  DAYBREAK_SECRETS_DIR: {
    meaning: 'Folder of the secrets of this machine. Default: secrets in DAYBREAK_HOME.',
    example: '.daybreak/secrets',
    readBy: 'command line',
  },
  DAYBREAK_OUTPUT: {
    meaning: 'Form of results: table, json, csv or another that --help lists.',
    example: 'table',
    readBy: 'command line',
  },
  DAYBREAK_NO_COLOR: { meaning: 'Any value: no colours, as NO_COLOR.', example: '1', readBy: 'command line' },
  DAYBREAK_REMOTE: {
    meaning: 'Address of a served API that commands ask in place of the project.',
    example: 'https://daybreak.example.com',
    readBy: 'command line',
  },
  DAYBREAK_TOKEN_FILE: {
    meaning: 'File of mode 600 with the token for that API.',
    example: '.daybreak/token',
    readBy: 'command line',
  },
  DAYBREAK_TOKEN: {
    meaning: 'The token itself. A file is better: other processes of the user can read variables.',
    example: '',
    readBy: 'command line',
  },
  PORT: { meaning: 'Port of the server. Default: 8080.', example: '8080', readBy: 'server' },
  HOST: {
    meaning: 'Address that the server listens on. Default: all of them, or 127.0.0.1 where it is open to this machine.',
    example: '127.0.0.1',
    readBy: 'server',
  },
  DAYBREAK_OPEN_TO_THIS_MACHINE: {
    meaning: '1: the server answers callers of this machine without a token. For trying only.',
    example: '1',
    readBy: 'server',
  },
  DAYBREAK_LEDGER_USER: {
    meaning: 'User of the PostgreSQL ledger; the resources of Google Cloud set one for each component.',
    example: '',
    readBy: 'server',
  },
  DAYBREAK_HASH_KEY: {
    meaning: 'Secret, or path of the file, of the key of pseudonyms: secret://NAME or ./FILE.',
    example: 'secret://hash_key',
    readBy: 'local.yaml',
  },
  DAYBREAK_SFTP_HOST: { meaning: 'Host of the SFTP server.', example: 'sftp.example.com', readBy: 'local.yaml' },
  DAYBREAK_SFTP_PORT: { meaning: 'Its port.', example: '22', readBy: 'local.yaml' },
  DAYBREAK_SFTP_USER: { meaning: 'User there.', example: 'toast', readBy: 'local.yaml' },
  DAYBREAK_SFTP_KEY: {
    meaning: 'Secret, or path of the file, with the private key.',
    example: 'secret://toast_sftp_key',
    readBy: 'local.yaml',
  },
  DAYBREAK_SFTP_FINGERPRINT: {
    meaning: 'Fingerprint of the key of the server, as ssh-keygen -lf prints it.',
    example: '',
    readBy: 'local.yaml',
  },
  DAYBREAK_SFTP_ROOT: { meaning: 'Folder there.', example: '/', readBy: 'local.yaml' },
}
