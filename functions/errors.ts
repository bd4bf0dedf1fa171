/** Consequence of a failure for the process: the exit codes of the command line. */
export type ErrorKind = 'machinery' | 'usage' | 'data' | 'drift' | 'incomplete'

/** How much of a source a failure takes away: all of it, or the listing of a folder. */
type Breakage = 'source' | 'folder'

interface ErrorEntry {
  /** True when the same call may succeed later with nothing changed. */
  readonly retryable: boolean
  readonly kind: ErrorKind
  /** For a failure that is of no single file: how much of the source it takes away. */
  readonly breaks?: Breakage
  /** Meaning, in one sentence. */
  readonly meaning: string
  /** Next action of the operator. */
  readonly remedy: string
}

/**
 * Every way Daybreak can fail, in one table. `daybreak explain CODE` and `docs/reference/errors.md` are written from it,
 * so the sentence an operator reads at night is the sentence next to the code that failed.
 */
export const ERRORS = {
  USAGE_INVALID: {
    retryable: false,
    kind: 'usage',
    meaning: 'A command was given a flag or argument that it cannot use.',
    remedy: 'Correct the flag that the message names; `daybreak COMMAND --help` lists them all.',
  },
  CONFIG_INVALID: {
    retryable: false,
    kind: 'usage',
    meaning: 'A YAML file breaks a rule of its schema.',
    remedy: 'Correct the place the message names as file:line:column, then run `daybreak validate`.',
  },
  CONFIG_MISSING: {
    retryable: false,
    kind: 'usage',
    meaning: 'A file, table, environment variable, secret or bucket that the configuration names does not exist.',
    remedy: 'Create it, or correct the name. `daybreak doctor` checks all of them at once.',
  },
  HASH_KEY_LOST: {
    retryable: false,
    kind: 'usage',
    meaning: 'The key of hashed columns is gone, though rows were loaded with it.',
    remedy:
      'Put the key back from its backup. If it is lost for good, `daybreak privacy rotate-key --yes` makes another; guests then get other pseudonyms.',
  },
  HASH_KEY_CHANGED: {
    retryable: false,
    kind: 'usage',
    meaning: 'The key of hashed columns is not the one that rows were loaded with.',
    remedy:
      'Put the former key back. To change it on purpose, run `daybreak privacy rotate-key --yes`; guests then get other pseudonyms.',
  },
  MODEL_INVALID: {
    retryable: false,
    kind: 'usage',
    meaning: 'A model is no valid query, or does not give the columns that its YAML declares.',
    remedy: 'Correct the place the message names as file:line:column, then run `daybreak model compile`.',
  },
  MODEL_REFUSED: {
    retryable: false,
    kind: 'usage',
    meaning:
      'A model says something that BigQuery and DuckDB would not answer alike, or that no partition can be built from.',
    remedy:
      'Write it as the message says, then run `daybreak model compile`. docs/models.md lists what is refused and why.',
  },
  MODEL_NOT_COMPILED: {
    retryable: false,
    kind: 'usage',
    meaning: 'A model was changed after it was compiled, so config/models/compiled.json is out of date.',
    remedy: 'Run `daybreak model compile` and commit config/models/compiled.json.',
  },
  MODEL_TEST_FAILED: {
    retryable: false,
    kind: 'data',
    meaning: 'A test of a model gave other rows than it expects, in BigQuery, in DuckDB or in both.',
    remedy: 'Compare the rows that the message names; correct the model or its test, then run `daybreak model test`.',
  },
  ANALYSER_MISSING: {
    retryable: false,
    kind: 'usage',
    meaning: "Google's SQL analyser is not installed. Models are compiled and tested with it, and run without it.",
    remedy: 'Run `npm install --save-dev @fivetrandevelopers/zetasql@1.13.0 @grpc/proto-loader@0.8.1` in the project.',
  },
  EXPRESSION_INVALID: {
    retryable: false,
    kind: 'usage',
    meaning: 'An expression in a contract does not parse, or names a column the contract does not have.',
    remedy: 'Correct the expression; the message marks the place. docs/reference/expressions.md has the grammar.',
  },
  LOCATION_UNKNOWN: {
    retryable: false,
    kind: 'usage',
    meaning: 'A folder or a flag names a location without a known time zone.',
    remedy:
      'Add it with `daybreak locations add ID --time-zone ZONE`, or once with `daybreak import PATHS --time-zone ZONE`, which remembers it.',
  },
  SOURCE_UNREACHABLE: {
    retryable: true,
    kind: 'machinery',
    breaks: 'source',
    meaning: 'The server could not be reached, or the connection broke or stood still.',
    remedy:
      'No action unless it lasts: every look-back retries. If it lasts, check host, port and firewall with `daybreak doctor`.',
  },
  SOURCE_AUTH_FAILED: {
    retryable: false,
    kind: 'machinery',
    breaks: 'source',
    meaning:
      'The server refused the login. The message names the methods that it refused, accepted and still requires.',
    remedy:
      'Check user and key, and set `password` of the source if the server wants one; in Toast Web: Reports > Settings > SSH Keys. See docs/runbooks/rotating-the-sftp-key.md.',
  },
  SOURCE_NOT_SFTP: {
    retryable: false,
    kind: 'machinery',
    breaks: 'source',
    meaning: 'The program at the address of the source does not speak SFTP. The message quotes its first bytes.',
    remedy:
      'Correct host and port, or have the operator of the server enable SFTP and silence what a login prints. `daybreak doctor` tries it.',
  },
  SOURCE_HOST_KEY_MISMATCH: {
    retryable: false,
    kind: 'machinery',
    breaks: 'source',
    meaning: 'The server showed a host key that is not pinned in the configuration.',
    remedy: 'Find out why before anything else: it may be another machine. Add the new fingerprint only after that.',
  },
  SOURCE_ALGORITHMS: {
    retryable: false,
    kind: 'machinery',
    breaks: 'source',
    meaning: 'The server offers only algorithms that Daybreak refuses, such as those built on SHA-1.',
    remedy: 'Ask the operator of the server to enable a current algorithm; the message lists what was offered.',
  },
  SOURCE_ROOT_MISSING: {
    retryable: false,
    kind: 'machinery',
    breaks: 'source',
    meaning: 'The root folder of the source does not exist, or is not a folder. No file can be called missing then.',
    remedy:
      'Correct `root` of the source in the environment file, or have the folder made; `daybreak doctor` looks at it.',
  },
  SOURCE_LISTING_FAILED: {
    retryable: true,
    kind: 'machinery',
    breaks: 'folder',
    meaning: 'A folder could not be listed. Its files are not reported as absent.',
    remedy: 'No action unless it lasts. If it lasts, check that the login may read the folder that the message names.',
  },
  SOURCE_READ_FAILED: {
    retryable: true,
    kind: 'machinery',
    meaning: 'The source lists a file but does not hand it out. The other files of its day are loaded without it.',
    remedy: 'No action unless it lasts: every look retries. If it lasts, check that the login may read the file.',
  },
  SOURCE_CIRCUIT_OPEN: {
    retryable: true,
    kind: 'machinery',
    breaks: 'source',
    meaning: 'The server failed several times in a row, so Daybreak pauses its requests.',
    remedy: 'No action needed: Daybreak tries the server again after the pause that the message names.',
  },
  SOURCE_CLOCK: {
    retryable: true,
    kind: 'machinery',
    breaks: 'source',
    meaning: 'A file has a time that no clock in the right zone gives it: in the future, or before its day was over.',
    remedy:
      'No action for the data: a file is read when two looks find it the same; its time does not matter. Have the clock or the zone of the server corrected.',
  },
  CLOCK_AHEAD: {
    retryable: true,
    kind: 'machinery',
    meaning: 'The ledger has instants in the future: the clock of a worker was ahead.',
    remedy: 'No action for the data: the look is ignored and repeated. Correct the clock of the machine.',
  },
  FILE_CHANGED: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Two looks at a file found different sizes or times, or the file changed while it was read.',
    remedy:
      'No action needed: the file is listed again, and read after `schedule.late_after` in any case. If it happens every day, move `schedule.first_look`, or `schedule.daily` of files, to a later time.',
  },
  FILE_TOO_LARGE: {
    retryable: false,
    kind: 'data',
    meaning: 'A file is larger than `sources.NAME.max_file_bytes` of the environment allows.',
    remedy: 'If the file is genuine, raise the limit; otherwise ask Toast what it is.',
  },
  FILE_ARCHIVE_INVALID: {
    retryable: false,
    kind: 'data',
    meaning: 'A gzip or zip file is damaged, encrypted, or does not hold the file that it should.',
    remedy: 'Pack it again without a password, or deliver the file itself; it is taken at the next look.',
  },
  FILE_NOT_ARCHIVED: {
    retryable: false,
    kind: 'data',
    meaning:
      'The folder of a day has so many or so large files that no contract reads that some of them were not archived.',
    remedy:
      'Find the program that puts them there. Copy the files that you need by hand before the server deletes the day.',
  },
  FILE_EMPTY: {
    retryable: false,
    kind: 'data',
    meaning: 'A file has zero bytes, not even a header line or an empty list: an export that was never written.',
    remedy: 'Wait for a new export, or ask Toast for one. The partition keeps what it had.',
  },
  FILE_UNREADABLE: {
    retryable: false,
    kind: 'data',
    meaning:
      'A CSV file is not text in UTF-8 or windows-1252, has no header line, or a quote in it never closes. A JSON file is malformed, or has no list or object where the contract expects one; the message says in which line and column.',
    remedy: 'Look at the raw object the message names; a corrected export replaces it.',
  },
  FILE_TRUNCATED: {
    retryable: false,
    kind: 'data',
    meaning: 'A file ends in the middle of its last record or of its JSON, as a half-written file does.',
    remedy:
      'No action needed: the file is read again when the sender has finished it. If it does not change, ask for a new export.',
  },
  FILE_TOO_WIDE: {
    retryable: false,
    kind: 'data',
    meaning: 'The header of a file has more columns than any export.',
    remedy: 'Look at the raw object: it is no export, or its row ends are gone. A corrected export replaces it.',
  },
  FILE_SPREADSHEET: {
    retryable: false,
    kind: 'data',
    meaning: 'The ids of a file are in scientific notation or rounded, as a spreadsheet saves them.',
    remedy:
      'Download the file again and do not open it in a spreadsheet; the digits that it rounded cannot be restored.',
  },
  DRIFT_MISSING_REQUIRED: {
    retryable: false,
    kind: 'drift',
    meaning: 'The header lacks a column that the contract needs.',
    remedy:
      'If columns were left out of a download, tick them in Toast Web and download it again. If the column was renamed, add the new name to `from` in the contract; `daybreak contract accept` proposes the edit.',
  },
  DRIFT_DUPLICATE_COLUMN: {
    retryable: false,
    kind: 'drift',
    meaning: 'The header has one name twice, so no column can be told from the other.',
    remedy: 'Correct the column selection in Toast Web under Reports > Settings > Data Exports.',
  },
  DRIFT_NEW_COLUMN: {
    retryable: false,
    kind: 'drift',
    meaning:
      'The header has a column that the contract does not know, and the contract says that this quarantines the file.',
    remedy: 'Add the column to the contract, or set `drift.new_column: warn`.',
  },
  REJECT_BUDGET_EXCEEDED: {
    retryable: false,
    kind: 'data',
    meaning: 'More rows of a file were rejected than `reject_budget` allows, so none of it is loaded.',
    remedy:
      'Read the rejects: `daybreak rejects list`. Correct the contract or ask for a new export; --force loads the accepted rows.',
  },
  ROWS_GONE: {
    retryable: false,
    kind: 'data',
    meaning:
      'More rows of a table have a key that its source has no longer than `deletes.most` allows, so none of them was deleted.',
    remedy:
      'Look whether the source was emptied, or its `where` changed: `daybreak compare PIPELINE` names keys. If the rows are meant to go, raise `most` for one run.',
  },
  ROWS_REJECTED: {
    retryable: false,
    kind: 'data',
    meaning:
      'Some rows of a file could not be accepted. The others are loaded; the rejected ones are kept with their reasons.',
    remedy: 'Read them: `daybreak rejects list`. A corrected export or contract brings them in.',
  },
  CHECK_FAILED: {
    retryable: false,
    kind: 'data',
    meaning: 'A check with the effect `warn` failed. The data is loaded; review the numbers.',
    remedy: 'Read the numbers in the message; `daybreak runs show RUN` shows all checks of the run.',
  },
  DAY_DISPUTED: {
    retryable: false,
    kind: 'data',
    meaning:
      'A check with the effect `dispute` failed: the files of a day are loaded, and disagree by more than its tolerance.',
    remedy:
      'Do not report the day before its cause is known: `daybreak status` names the days, docs/runbooks/disputed-days.md the causes.',
  },
  FILE_HELD: {
    retryable: false,
    kind: 'data',
    meaning:
      'A check with the effect `hold` failed: this version of the file waits, and the table keeps the rows it had.',
    remedy:
      'If the file is right, `daybreak slices release --shard SHARD --window WINDOW` publishes it, with the flags that the message names. A second delivery of the same bytes does so as well.',
  },
  DAY_CLOSED: {
    retryable: false,
    kind: 'data',
    meaning:
      'A file, or a new version of a model, changes a day that was signed: it waits as a proposal, and what was signed stays as it was.',
    remedy:
      'Compare the versions on the page of the slice. `daybreak slices release --shard SHARD --window WINDOW` accepts the change of a file, with the flags that the message names, `daybreak model apply --accept REASON` that of models; then sign the day again. `daybreak reopen DATE --reason TEXT` takes the signature away.',
  },
  CHECK_BLOCKED: {
    retryable: false,
    kind: 'data',
    meaning: 'A check with the effect `block` failed, so the slice is held back and the partition keeps what it had.',
    remedy: 'Read the check: `daybreak runs show RUN`. A corrected export clears it; --force loads it as it is.',
  },
  MODEL_HELD: {
    retryable: false,
    kind: 'data',
    meaning:
      'A check of a model with the effect `block` failed, so the partition is not published. Its table keeps the rows it had, and models that read it wait.',
    remedy:
      'Look at the staging table that docs/runbooks/a-model-is-held.md names. A corrected file or a corrected check clears it; `daybreak model build MODEL --from DATE --to DATE --force` tries it again.',
  },
  MODEL_FAILED: {
    retryable: false,
    kind: 'data',
    meaning: 'The query or a check of a model failed over the rows of a date. Its table keeps the rows it had.',
    remedy:
      'Correct the model, or the file that the message leads to; then `daybreak model build MODEL --from DATE --to DATE --force`.',
  },
  NOT_RECONCILED: {
    retryable: false,
    kind: 'data',
    meaning: 'Counts that must be equal are not: lines, accepted and rejected rows, or the warehouse and its manifest.',
    remedy:
      'Compare with `daybreak status --verify`. `daybreak backfill PIPELINE --start-date DATE --end-date DATE --from-archive --reload` loads a table again; if it still differs, keep the raw object and report it.',
  },
  OBJECT_MISSING: {
    retryable: false,
    kind: 'machinery',
    meaning: 'An object that the ledger names is not in object storage.',
    remedy:
      'A part is made again from its raw file by itself. If the message names a raw file, restore that from its backup, then run `daybreak backfill PIPELINE --start-date DATE --end-date DATE --from-archive --reload`.',
  },
  OBJECT_CONFLICT: {
    retryable: false,
    kind: 'machinery',
    meaning: 'An object of this name exists with other content, though names are derived from content.',
    remedy:
      'Two different versions of the code claim the same engine version, or storage is damaged. Keep both and report it.',
  },
  OBJECT_DAMAGED: {
    retryable: false,
    kind: 'machinery',
    meaning:
      'A part is gone or no longer has the bytes that were staged, and could not be made again from its raw file.',
    remedy:
      'Restore the raw file that the message names, then run `daybreak backfill PIPELINE --start-date DATE --end-date DATE --from-archive --reload`.',
  },
  BACKUP_DAMAGED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'A file of a backup is gone, cut off or was changed since the backup was made.',
    remedy:
      'Restore an earlier one: `daybreak restore FOLDER --at NAME`. Without one, `daybreak ledger rebuild` makes the ledger from the records in object storage.',
  },
  STORAGE_FAILED: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Object storage did not answer, or refused a read or write.',
    remedy: 'No action unless it lasts. If it lasts, check free space and permissions with `daybreak doctor`.',
  },
  STORAGE_DENIED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'Object storage or the disk refused: a permission is missing, or there are no credentials.',
    remedy:
      'Grant the role that the message calls for on that bucket, or the rights to the path it names; then `daybreak doctor` passes. Nothing was lost.',
  },
  STORAGE_FULL: {
    retryable: false,
    kind: 'machinery',
    meaning: 'The disk has no space or no inodes left, or a quota is used up.',
    remedy: 'Make room below the path that the message names, then run the same command again. Nothing was lost.',
  },
  SECRET_INVALID: {
    retryable: false,
    kind: 'usage',
    meaning: 'A secret cannot be used: it is not a private key, or its passphrase does not open it.',
    remedy: 'Store the key in a format that the message names, then run `daybreak doctor`.',
  },
  SECRET_DENIED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'Secret Manager refused the service account, or there are no credentials.',
    remedy: 'Grant `roles/secretmanager.secretAccessor` on the secret that the message names.',
  },
  SECRET_DISABLED: {
    retryable: false,
    kind: 'usage',
    meaning: 'The version of a secret is disabled or destroyed.',
    remedy: 'Enable the version, add a new one, or correct the version in the reference.',
  },
  SECRET_UNREACHABLE: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Secret Manager did not answer, or its answer was damaged in transit.',
    remedy: 'No action unless it lasts. If it lasts, check network and endpoint with `daybreak doctor`.',
  },
  WAREHOUSE_BUSY: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Another process holds the warehouse file open for writing.',
    remedy: 'Close the other program (a DuckDB shell, for example); Daybreak tries again by itself.',
  },
  WAREHOUSE_FAILED: {
    retryable: true,
    kind: 'machinery',
    meaning: 'The warehouse reported an internal error.',
    remedy:
      'No action unless it lasts: the load is retried with a new job, three times within seconds, then by every sweep or run with longer pauses.',
  },
  WAREHOUSE_DAMAGED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'The file of the warehouse is cut off or was overwritten.',
    remedy:
      'Move the file away, then load it again from the archive: `daybreak backfill PIPELINE --start-date D --end-date D --from-archive --force`.',
  },
  WAREHOUSE_DENIED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'The account of this process may not do what it tried in the warehouse, or there is no account.',
    remedy: 'Grant what the message names, or log in; `daybreak doctor --env NAME` tries each permission.',
  },
  WAREHOUSE_QUOTA: {
    retryable: true,
    kind: 'machinery',
    meaning: 'A quota of the warehouse is used up, so no load is started for a while.',
    remedy:
      'No action needed: the quota refills during the day. If it happens often, load less often or ask Google for a larger quota.',
  },
  QUERY_LIMIT: {
    retryable: false,
    kind: 'usage',
    meaning: 'A query took more time, memory, disk or rows than it is allowed, and was stopped.',
    remedy:
      'Ask for less: fewer days, fewer columns, an aggregate. `--timeout` and `warehouse.memory_limit` raise the limits.',
  },
  JOB_CONFLICT: {
    retryable: false,
    kind: 'machinery',
    meaning:
      'The warehouse has a load job of this id that does something else, though an id is used for one load only.',
    remedy:
      'Look for a second environment of the same name that starts jobs. The load continues under the next epoch, and the sweep retries.',
  },
  LOAD_REJECTED: {
    retryable: false,
    kind: 'machinery',
    meaning:
      'The warehouse refuses the data of a load: types or columns do not fit the table, or it has more files than one load may.',
    remedy:
      'Too many files: `daybreak validate` names the pipeline and the ways out. Else compare `daybreak contract ddl STREAM` with the table; a changed contract needs a migration of the table. Then `daybreak backfill PIPELINE --start-date DATE --end-date DATE --from-archive --reload` loads it.',
  },
  LEDGER_BUSY: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Another process locked the ledger for longer than Daybreak waits, or its server was unreachable.',
    remedy: 'No action unless it lasts. If it lasts, look for a process that hangs, or check that the server runs.',
  },
  LEDGER_CONFLICT: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Another worker changed the same row first.',
    remedy: 'No action needed: the worker re-reads the row and retries.',
  },
  LEDGER_DAMAGED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'The file of the ledger is cut off or was overwritten, or a row was changed by another program.',
    remedy:
      'Move the file and those that begin with its name away, then run `daybreak ledger rebuild`. If the message names a row of a server, put the row back from a backup.',
  },
  LEDGER_FAILED: {
    retryable: true,
    kind: 'machinery',
    meaning: 'The ledger could not be opened, read or written.',
    remedy: 'No action unless it lasts. If it lasts, check with `daybreak doctor` that its disk or server answers.',
  },
  QUEUE_FAILED: {
    retryable: true,
    kind: 'machinery',
    meaning: 'The queue did not answer, or refused a message.',
    remedy:
      'No action unless it lasts: unsent messages are recorded, and the next sweep sends them. If it lasts, check topics and permissions with `daybreak doctor`.',
  },
  MESSAGE_INVALID: {
    retryable: false,
    kind: 'machinery',
    meaning: 'The body of a message does not have the fields of its kind.',
    remedy: 'Correct the sender, then replay the message: it is recorded.',
  },
  REQUEST_INVALID: {
    retryable: false,
    kind: 'usage',
    meaning: 'The body or parameters of a request do not match its path.',
    remedy: 'Correct the caller; the message names the field.',
  },
  REQUEST_TOO_LARGE: {
    retryable: false,
    kind: 'usage',
    meaning: 'A request over HTTP has a larger body than `http.max_body_bytes` allows. It was not read.',
    remedy: 'Send a smaller body. Files go to the inbox bucket or the source; a request only names them.',
  },
  REQUEST_FOREIGN: {
    retryable: false,
    kind: 'usage',
    meaning: 'A request to a server of this machine came from a page, a name or a proxy that is not its own.',
    remedy:
      'Send it from this machine to `http://127.0.0.1:PORT`, as `application/json`, with the token of the file `token` in DAYBREAK_HOME.',
  },
  UNAUTHENTICATED: {
    retryable: false,
    kind: 'usage',
    meaning: 'A request has no ID token of its sender, or one that is forged, expired, or made for another audience.',
    remedy:
      'A program of `http.push_accounts` or `http.caller_accounts` sends `Authorization: Bearer TOKEN` with an ID token of Google made for `http.audience`. For API and dashboard it depends on `auth`: with `loopback`, `daybreak open` prints a link that signs in; with `iap`, go through Identity-Aware Proxy, and set `auth.audience` to what its assertions are made for; with `oidc`, sign in again, or send a token of `auth.issuer` for `auth.audience`, or an API token.',
  },
  FORBIDDEN: {
    retryable: false,
    kind: 'usage',
    meaning: 'The sender of the request is known, but may not do this.',
    remedy:
      'Ask an administrator for the role that the message names. With `auth: iap` or `oidc` an account gets it by an entry in `people` or `access` of config/notify.yaml; an API token never has more than its maker. For messages, backfills and replays a service account is added to `http.push_accounts` or `http.caller_accounts` of the environment.',
  },
  IDENTITY_UNAVAILABLE: {
    retryable: true,
    kind: 'machinery',
    meaning: 'The keys that prove ID tokens could not be fetched from their issuer.',
    remedy: 'No action unless it lasts. If it lasts, check that the service reaches www.googleapis.com.',
  },
  LOG_UNAVAILABLE: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Cloud Logging refused the service account, or did not answer.',
    remedy: 'Grant the API `roles/logging.viewAccessor` on the view of the log bucket; no action for a moment.',
  },
  KEY_REUSED: {
    retryable: false,
    kind: 'usage',
    meaning: 'An Idempotency-Key was sent before, with another request.',
    remedy: 'Send a new key with a new request; the same key only repeats the same one.',
  },
  RATE_LIMITED: {
    retryable: true,
    kind: 'usage',
    meaning: 'The caller sends more requests than it may.',
    remedy: 'Wait for the seconds of the header `Retry-After`, then send the request again.',
  },
  PRECONDITION_FAILED: {
    retryable: false,
    kind: 'usage',
    meaning: 'The resource has changed since it was read.',
    remedy: 'Read it again, look at the difference, and send the change with the new version in `If-Match`.',
  },
  PLAN_CHANGED: {
    retryable: false,
    kind: 'usage',
    meaning:
      'A run was to follow a plan that holds no longer: a window was loaded, or a table or the pipeline has changed.',
    remedy: 'Look at the plan again with `daybreak plan PIPELINE`, and run with the id that it prints.',
  },
  PRECONDITION_REQUIRED: {
    retryable: false,
    kind: 'usage',
    meaning: 'A change of this resource has to name the version that was read.',
    remedy: 'Send the `version` of the resource as the header `If-Match`, in quotes; `"0"` for a new one.',
  },
  COST_LIMIT: {
    retryable: false,
    kind: 'usage',
    meaning: 'The work is estimated to cost more than its request allows.',
    remedy:
      'Allow more, or ask for less: fewer days, locations or streams. `POST /api/backfill:plan` shows the estimate.',
  },
  STATE_CONFLICT: {
    retryable: false,
    kind: 'usage',
    meaning: 'The current state of the resource does not allow this operation.',
    remedy: 'Check its state; the message names the states that allow the operation.',
  },
  NOT_FOUND: {
    retryable: false,
    kind: 'usage',
    meaning: 'No resource has this name or id.',
    remedy: 'List what exists: `daybreak runs list`, `daybreak slices list`, `daybreak backfills list`.',
  },
  REMOTE_UNREACHABLE: {
    retryable: true,
    kind: 'machinery',
    meaning: 'The API that `--remote` names did not answer.',
    remedy:
      'Check the address and the network, and that the server runs: `daybreak start` on its machine. Then repeat the command.',
  },
  REMOTE_UNTRUSTED: {
    retryable: false,
    kind: 'usage',
    meaning:
      'The connection to the API of `--remote` protects no token: it has no TLS, or a certificate that proves nothing.',
    remedy:
      'Use the `https` address of the service. For a certificate of a company, name the file of its authority in NODE_EXTRA_CA_CERTS.',
  },
  REMOTE_TOKEN_INVALID: {
    retryable: false,
    kind: 'usage',
    meaning: 'There is no API token for `--remote`, or the server does not accept it.',
    remedy:
      'Put a token into DAYBREAK_TOKEN, or into a file of mode 600 that DAYBREAK_TOKEN_FILE names. `daybreak tokens create NAME --role viewer` makes one on the machine of the server.',
  },
  REMOTE_INCOMPATIBLE: {
    retryable: false,
    kind: 'usage',
    meaning: 'The address of `--remote` answers, but not as the API of this release does.',
    remedy:
      'Compare the address and both versions: `daybreak version` here and on the server. Install the release of the server.',
  },
  REMOTE_UNSUPPORTED: {
    retryable: false,
    kind: 'usage',
    meaning: 'The command works on the project itself, so it cannot run with `--remote`.',
    remedy: 'Run it in the project on the machine of the server, without `--remote` and without DAYBREAK_REMOTE.',
  },
  RUN_FAILED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'A run ended, and some of its work failed.',
    remedy: '`daybreak runs show RUN` names each failure and its code; `daybreak runs retry RUN` tries again.',
  },
  INCOMPLETE: {
    retryable: false,
    kind: 'incomplete',
    meaning: 'Files that were expected are late or missing.',
    remedy: '`daybreak status` names them, and how long the server will still keep them.',
  },
  CATALOG_UNREACHABLE: {
    retryable: true,
    kind: 'machinery',
    meaning: 'A catalog or a receiver of lineage did not answer, or asked to be left alone for a while.',
    remedy:
      'Nothing, unless it lasts: events are tried again, and are a dead letter then. Then look at its address in the environment file.',
  },
  CATALOG_REFUSED: {
    retryable: false,
    kind: 'usage',
    meaning: 'A catalog or a receiver of lineage refused a request.',
    remedy:
      'Compare `lineage` or `catalog` of the environment file and its token with the receiver. Then replay run events with `POST /dead-letter:replay`; repeat `daybreak catalog push`.',
  },
  HOOK_FAILED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'A hook of a pipeline failed: its statement, its request or its script. The message has its own words.',
    remedy:
      'Mend what the message names, then `daybreak runs retry RUN`. `on_failure: warn` lets the work go on without the hook; docs/hooks.md has the choices.',
  },
  HOOK_PROTOCOL: {
    retryable: false,
    kind: 'machinery',
    meaning:
      'A script of a hook answered otherwise than its protocol says: another id, number of rows, column or type, or no JSON.',
    remedy: 'Correct the script; docs/hooks.md has the protocol with a script to copy. Then `daybreak runs retry RUN`.',
  },
  HOOK_REFUSED: {
    retryable: false,
    kind: 'usage',
    meaning: 'A hook asked for something that the environment does not allow: a host, an address, or a script.',
    remedy:
      'If it is meant, allow it with `hooks` in the environment file: `hosts`, `networks`, `scripts`. `daybreak validate` looks at all hooks.',
  },
  MIGRATION_FAILED: {
    retryable: false,
    kind: 'data',
    meaning:
      'A migration of a table cannot go on: a check failed, a map is not one-to-one, or the database refuses a step.',
    remedy:
      'The table that people read is as it was. Correct what the message names, then `daybreak migrate apply NAME`: it goes on where it was.',
  },
  CHANNEL_UNREACHABLE: {
    retryable: true,
    kind: 'machinery',
    meaning: 'A channel of notifications did not answer, or asked to be left alone for a while.',
    remedy: 'Nothing, unless it lasts: each message is tried for 24 hours. Then try `daybreak notify test CHANNEL`.',
  },
  CHANNEL_REFUSED: {
    retryable: false,
    kind: 'usage',
    meaning: 'A channel of notifications refused a message for good: a token, an address or a channel is wrong.',
    remedy:
      'Correct what the message names in config/notify.yaml or in its secret; `daybreak notify test CHANNEL` tries it.',
  },
  CHANNEL_GAVE_UP: {
    retryable: false,
    kind: 'machinery',
    meaning: 'A notification did not reach its channel: it was refused, or not taken for 24 hours.',
    remedy: 'The next channel of the person has it. Mend this one, then try `daybreak notify test CHANNEL`.',
  },
  RULE_FIRED: {
    retryable: false,
    kind: 'incomplete',
    meaning: 'The condition of a rule in config/notify.yaml holds.',
    remedy: 'Look at `daybreak status`. `daybreak notify try RULE` shows how often the rule fired before.',
  },
  WATCH_OVERDUE: {
    retryable: true,
    kind: 'machinery',
    meaning: 'Work is overdue and no run says so: the scheduler or a worker is not running.',
    remedy: 'Start what should run: `daybreak run` by hand, or the schedule. `daybreak doctor` looks for the cause.',
  },
  CANCELLED: {
    retryable: false,
    kind: 'machinery',
    meaning: 'The work was cancelled before it ended. What was published before that is complete.',
    remedy: 'Run it again: finished work is not repeated.',
  },
  INTERNAL: {
    retryable: false,
    kind: 'machinery',
    meaning: 'Daybreak met a state that should not be possible: a defect.',
    remedy: 'Report it with the stack that -v prints. The raw files are safe in object storage.',
  },
} as const satisfies Record<string, ErrorEntry>

/** Code of an error: a row of the table. */
export type ErrorCode = keyof typeof ERRORS

/** How much of a source the failure takes away; null for any other. */
export function breakageOf(code: ErrorCode): Breakage | null {
  const entry: ErrorEntry = ERRORS[code]
  return entry.breaks ?? null
}

/** Facts about an error, by name. */
export type Details = Readonly<Record<string, string | number | boolean | null>>

/** Characters of a message that are kept; some list many problems. */
const LONGEST_MESSAGE = 20_000

/** An expected failure. Anything that is not a `DaybreakError` is a defect and keeps its own stack. */
export class DaybreakError extends Error {
  override readonly name = 'DaybreakError'
  readonly code: ErrorCode
  /** Facts for the log. Never a row's content, never a secret. */
  readonly details: Details

  constructor(code: ErrorCode, message: string, options: { details?: Details; cause?: unknown } = {}) {
    // Messages name what was found outside, which may be of any length, and are stored.
    super(bounded(message), options.cause === undefined ? {} : { cause: options.cause })
    this.code = code
    this.details = options.details ?? {}
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable
  }
}

/** The error as a `DaybreakError`: itself, or an INTERNAL one that keeps the original as its cause. */
export function toDaybreakError(error: unknown): DaybreakError {
  if (error instanceof DaybreakError) return error
  return new DaybreakError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error })
}

/** True for a row of the ledger that another program changed. Other rows can be read, unlike those of a damaged file. */
export function isDamagedRow({ code, details }: DaybreakError): boolean {
  return code === 'LEDGER_DAMAGED' && details['table'] !== undefined
}

function bounded(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message
  return `${message.slice(0, LONGEST_MESSAGE)}... (${message.length} characters)`
}
