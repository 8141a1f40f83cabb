/* `ark try`: the suite's languages by hand (SPEC 21.29, 21.30). */
#ifndef ARK_CLI_TRY_H
#define ARK_CLI_TRY_H

/* Runs `try template|schema|cron|yaml`. argv[0] is "try", then come the language and what belongs
 * to it. Results go to stdout, all else to stderr. Returns the exit code of SPEC 21.3. */
int try_command(int argc, char **argv);

#endif
