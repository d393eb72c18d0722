/* SPDX-License-Identifier: MIT */
/* The keeper's command line. */
#include "keeper/options.h"

#include "keeper/serve.h"
#include "keeper/upload.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRACE_DEFAULT_S 5
#define CODE_WAIT_DEFAULT_S 300
#define SECONDS_MAX 86400

static const char usage[] =
	"usage: trialdeck-keeper --dir DIR [OPTION...] [-- COMMAND...]\n"
	"       trialdeck-keeper --lay-out --sys-dir DIR --input DIR "
	"[OPTION...]\n"
	"       trialdeck-keeper --probe URL[,URL...] [--result FILE]\n"
	"       trialdeck-keeper --serve FOLDER --token-file FILE [OPTION...]\n"
	"\n"
	"  --dir DIR              the attempt's folder\n"
	"  --url URL | --url-file FILE\n"
	"                         the side port\n"
	"  --pin HEX              SHA-256 of its certificate (https)\n"
	"  --cwd DIR              where the command runs\n"
	"  --grace SECONDS        between TERM and KILL\n"
	"  --linger SECONDS       for delivering, after the command's end\n"
	"  --metric-pattern ERE   what else is a metric\n"
	"  --tee                  output goes to the keeper's own as well\n"
	"  --echo auto|always     metrics go into the log\n"
	"  --again                even where it has run before\n"
	"  --input DIR            token, command, parameters\n"
	"  --code-archive FILE | --code-fetch\n"
	"                         code to unpack: a file, or the side port's\n"
	"  --code-source DIR --code-manifest FILE\n"
	"                         or code to copy, which is then the digest's\n"
	"  --code-dir DIR --code-digest HEX\n"
	"  --code-wait SECONDS    for code that is not there yet\n"
	"  --sys-dir DIR          NNI's folder of the trial, on a storage\n"
	"  --output-dir DIR       what the command leaves there is kept\n"
	"  --send-outputs PATH    send it to the side port, as below PATH\n"
	"  --output-limit BYTES   but no more than that\n"
	"  --output-wait SECONDS  for somebody who takes it\n"
	"  --serve FOLDER --token-file FILE [--listen PORT] [--idle SECONDS]\n"
	"                         be a file server for a folder\n";

void options_usage(void)
{
	fputs(usage, stderr);
}

bool options_has_code(const struct options *options)
{
	return options->code_archive || options->code_source ||
	       options->is_code_fetch;
}

static bool read_seconds(const char *text, int *ret)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < 0 || value > SECONDS_MAX)
		return false;
	*ret = (int)value;
	return true;
}

static bool read_bytes(const char *text, int64_t *ret)
{
	char *end;
	long long value = strtoll(text, &end, 10);

	*ret = value;
	return end != text && !*end && value >= 0;
}

static bool is_digest(const char *text)
{
	return text && strlen(text) == 64 &&
	       strspn(text, "0123456789abcdefABCDEF") == 64;
}

static bool read_echo(const char *text, enum echo_mode *ret)
{
	if (!strcmp(text, "auto"))
		*ret = ECHO_AUTO;
	else if (!strcmp(text, "always"))
		*ret = ECHO_ALWAYS;
	else
		return false;
	return true;
}

static bool read_option(struct options *ret, int c, const char *value)
{
	switch (c) {
	case 'd':
		ret->dir = value;
		return true;
	case 'u':
		ret->target.url = value;
		return true;
	case 'f':
		ret->target.url_file = value;
		return true;
	case 'P':
		ret->target.pin = value;
		return is_digest(value);
	case 'c':
		ret->cwd = value;
		return true;
	case 'g':
		return read_seconds(value, &ret->grace_s);
	case 'l':
		return read_seconds(value, &ret->linger_s);
	case 'm':
		ret->pattern = value;
		return true;
	case 't':
		ret->is_tee = true;
		return true;
	case 'e':
		return read_echo(value, &ret->echo);
	case 'a':
		ret->is_again = true;
		return true;
	case 'i':
		ret->input = value;
		return true;
	case 'A':
		ret->code_archive = value;
		return true;
	case 'F':
		ret->is_code_fetch = true;
		return true;
	case 'D':
		ret->code_dir = value;
		return true;
	case 'H':
		ret->code_digest = value;
		return is_digest(value);
	case 'W':
		return read_seconds(value, &ret->code_wait_s);
	case 's':
		ret->sys_dir = value;
		return true;
	case 'L':
		ret->is_layout = true;
		return true;
	case 'S':
		ret->code_source = value;
		return true;
	case 'M':
		ret->code_manifest = value;
		return true;
	case 'o':
		ret->output_dir = value;
		return true;
	case 'O':
		ret->send_outputs = value;
		return true;
	case 'B':
		return read_bytes(value, &ret->output_limit);
	case 'w':
		return read_seconds(value, &ret->output_wait_s);
	case 'v':
		ret->serve = value;
		return true;
	case 'T':
		ret->token_file = value;
		return true;
	case 'n':
		return read_seconds(value, &ret->listen) && ret->listen < 65536;
	case 'I':
		return read_seconds(value, &ret->idle_s);
	case 'p':
		ret->probe = value;
		return true;
	case 'r':
		ret->result = value;
		return true;
	default:
		return false;
	}
}

/* At most one way to the code, with all that it needs. */
static bool is_code_sound(const struct options *options)
{
	int ways = (options->code_archive != NULL) + options->is_code_fetch +
		   (options->code_source != NULL);

	if (!ways)
		return true;
	return ways == 1 && options->code_digest &&
	       (options->code_dir ||
		(options->code_source && options->is_layout)) &&
	       (!options->code_source || options->code_manifest);
}

static bool is_sound(const struct options *options)
{
	if (options->probe)
		return true;
	if (options->serve)
		return options->token_file;
	if (!is_code_sound(options))
		return false;
	if (options->is_layout)
		return options->sys_dir && options->input;
	return options->dir && (options->command[0] || options->input);
}

bool options_parse(int argc, char **argv, struct options *ret)
{
	static const struct option known[] = {
		{"dir", required_argument, NULL, 'd'},
		{"url", required_argument, NULL, 'u'},
		{"url-file", required_argument, NULL, 'f'},
		{"pin", required_argument, NULL, 'P'},
		{"cwd", required_argument, NULL, 'c'},
		{"grace", required_argument, NULL, 'g'},
		{"linger", required_argument, NULL, 'l'},
		{"metric-pattern", required_argument, NULL, 'm'},
		{"tee", no_argument, NULL, 't'},
		{"echo", required_argument, NULL, 'e'},
		{"again", no_argument, NULL, 'a'},
		{"input", required_argument, NULL, 'i'},
		{"code-archive", required_argument, NULL, 'A'},
		{"code-fetch", no_argument, NULL, 'F'},
		{"code-dir", required_argument, NULL, 'D'},
		{"code-digest", required_argument, NULL, 'H'},
		{"code-wait", required_argument, NULL, 'W'},
		{"sys-dir", required_argument, NULL, 's'},
		{"lay-out", no_argument, NULL, 'L'},
		{"code-source", required_argument, NULL, 'S'},
		{"code-manifest", required_argument, NULL, 'M'},
		{"output-dir", required_argument, NULL, 'o'},
		{"send-outputs", required_argument, NULL, 'O'},
		{"output-limit", required_argument, NULL, 'B'},
		{"output-wait", required_argument, NULL, 'w'},
		{"serve", required_argument, NULL, 'v'},
		{"token-file", required_argument, NULL, 'T'},
		{"listen", required_argument, NULL, 'n'},
		{"idle", required_argument, NULL, 'I'},
		{"probe", required_argument, NULL, 'p'},
		{"result", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*ret = (struct options){.grace_s = GRACE_DEFAULT_S,
				.linger_s = DELIVER_LINGER_S,
				.code_wait_s = CODE_WAIT_DEFAULT_S,
				.output_limit = UPLOAD_LIMIT_BYTES,
				.listen = SERVE_PORT,
				.result = "/dev/termination-log"};
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+", known, NULL)) >= 0)
		if (!read_option(ret, c, optarg))
			return false;
	ret->command = argv + optind;
	return is_sound(ret);
}
