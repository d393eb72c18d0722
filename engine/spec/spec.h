/* SPDX-License-Identifier: MIT */
/*
 * Experiment files: NNI's YAML, both forms, to one checked configuration.
 *
 * Errors name the place and help: "exp.yaml:12:5: trainingService.platfrom:
 * unknown key, did you mean 'platform'?".  Several problems are reported in
 * one go, at most SPEC_PROBLEMS_MAX.
 */
#ifndef ENGINE_SPEC_SPEC_H
#define ENGINE_SPEC_SPEC_H

#include "base/error.h"
#include "base/strbuf.h"
#include "model/experiment.h"

#define SPEC_FILE_MAX (4 * 1024 * 1024) /* bytes of one file */
#define SPEC_PROBLEMS_MAX 20

/* Read and check a file.  On failure `problems` receives one line per problem
 * (file:line:column: path: what, hint) and err the first of them. */
bool spec_load(const char *path, struct experiment_config *ret,
	       struct strbuf *problems, struct error *err);

/* The same for text in memory: name is what errors call it, folder is what
 * relative paths are relative to. */
bool spec_parse(const char *text, size_t len, const char *name,
		const char *folder, struct experiment_config *ret,
		struct strbuf *problems, struct error *err);

/* What the command line says in place of a file's trainingService; NULL:
 * nothing. */
struct spec_overrides {
	const char *kubeconfig; /* relative to the working directory */
	const char *context;
	const char *namespace;
};

/* Put them into a configuration, its canonical text included.  ERROR_INVALID
 * when the platform has no such thing or the text is none. */
bool spec_override(struct experiment_config *config,
		   const struct spec_overrides *overrides, struct error *err);

/* Rebuild a configuration from experiment_config.canonical, as stored. */
bool spec_reload(const char *canonical, struct experiment_config *ret,
		 struct error *err);

/* A storage as JSON text, as outputs' rows keep it; "" for none.  Caller
 * frees. */
char *spec_storage_format(const struct storage_config *config);
/* The same back.  The caller releases. */
bool spec_storage_parse(const char *text, struct storage_config *ret,
			struct error *err);

/* Append a configuration as a file in NNI's second form (YAML); source is the
 * file's own text.  What NNI would refuse or miss in it, and what was left out,
 * goes to notes, a line each, and to the file's first lines as comments. */
bool spec_convert(const struct experiment_config *config, const char *source,
		  size_t len, struct strbuf *out, struct strbuf *notes,
		  struct error *err);

#endif
