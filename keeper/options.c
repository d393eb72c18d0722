/* SPDX-License-Identifier: MIT */
/* The keeper's command line. */
#include "keeper/options.h"

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
	"  --code-dir DIR --code-digest HEX\n"
	"  --code-wait SECONDS    for --code-fetch\n"
	"  --sys-dir DIR          NNI's folder of the trial, on a storage\n";

void options_usage(void)
{
	fputs(usage, stderr);
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

static bool is_sound(const struct options *options)
{
	if (options->probe)
		return true;
	if ((options->code_archive || options->is_code_fetch) &&
	    (!options->code_dir || !options->code_digest ||
	     (options->code_archive && options->is_code_fetch)))
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
		{"probe", required_argument, NULL, 'p'},
		{"result", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*ret = (struct options){.grace_s = GRACE_DEFAULT_S,
				.linger_s = DELIVER_LINGER_S,
				.code_wait_s = CODE_WAIT_DEFAULT_S,
				.result = "/dev/termination-log"};
	opterr = 0;
	while ((c = getopt_long(argc, argv, "+", known, NULL)) >= 0)
		if (!read_option(ret, c, optarg))
			return false;
	ret->command = argv + optind;
	return is_sound(ret);
}
