/* SPDX-License-Identifier: MIT */
/*
 * The keys of platform kubernetes that need more than a type: names, maps of
 * labels, environment, volumes, resources, and pieces in Kubernetes' own words.
 *
 * Every reader here is a `read` of a key (schema.h): it checks a node, reports
 * what is wrong with it, and stores JSON text, ready to be put into a pod, into
 * a char * of struct kubernetes_config.  Rules: kubernetes.md 2.8.
 */
#ifndef ENGINE_SPEC_KUBERNETES_H
#define ENGINE_SPEC_KUBERNETES_H

#include "engine/spec/schema.h"
#include "model/experiment.h"

#include <cjson/cJSON.h>

/* JSON of one key.  All of them together stay well below what the API server
 * takes as one object (1.5 MiB). */
#define KUBERNETES_FRAGMENT_MAX 65536
/* Entries of one list: environment, volumes. */
#define KUBERNETES_ENTRIES_MAX 1000
/* The volume that NNI's sharedStorage becomes. */
#define KUBERNETES_SHARED_VOLUME "shared-storage"

/* --- kubernetes_words.c: names and maps of names */

enum kubernetes_rule {
	RULE_LABEL,	/* RFC 1123 label: namespaces, containers, volumes */
	RULE_SUBDOMAIN, /* RFC 1123 subdomain: most objects */
	RULE_KEY,	/* of a label or annotation */
	RULE_VALUE,	/* of a label */
	RULE_VARIABLE,	/* of the environment */
	RULE_DATA_KEY,	/* of a ConfigMap or Secret */
	RULE_HOST,	/* a host name or an address */
	RULE_IMAGE,
};

/* NULL when text obeys the rule, else what it must be. */
const char *kubernetes_rule_breach(enum kubernetes_rule rule, const char *text);
/* Is node a text that obeys?  Reports. */
bool kubernetes_word_check(struct reader *reader, const struct node *node,
			   enum kubernetes_rule rule);
/* The same for the key of an entry. */
bool kubernetes_key_check(struct reader *reader, const struct node_entry *entry,
			  enum kubernetes_rule rule);
/* key->least is the rule; the slot gets the text itself. */
void kubernetes_read_word(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot);
/* Mappings of names to text; ours may not be among labels. */
void kubernetes_read_labels(struct reader *reader, const struct key *key,
			    const struct node *node, void *slot);
void kubernetes_read_annotations(struct reader *reader, const struct key *key,
				 const struct node *node, void *slot);
void kubernetes_read_node_selector(struct reader *reader, const struct key *key,
				   const struct node *node, void *slot);

/* --- kubernetes_fragment.c: pieces that go into the pod as they are */

/* Where values of a checked mapping go that are not kept one by one. */
struct kubernetes_scratch {
	char *text;
	bool truth;
	int64_t count;
};

/* Hold node against a form, keys spelled exactly; all targets lie in a struct
 * kubernetes_scratch. */
bool kubernetes_form_check(struct reader *reader, const struct form *form,
			   const struct node *node);
/* Its JSON, or NULL after reporting (size, infinities).  Caller frees. */
char *kubernetes_fragment(struct reader *reader, const struct node *node);
/* Store out, if it is not too long, in *slot; out is released. */
void kubernetes_store(struct reader *reader, const struct node *node,
		      struct strbuf *out, char **slot);
/* A mapping of key->section. */
void kubernetes_read_object(struct reader *reader, const struct key *key,
			    const struct node *node, void *slot);
/* A list of such; key->help is an example. */
void kubernetes_read_list(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot);
/* Is it a list of at most KUBERNETES_ENTRIES_MAX?  Reports. */
bool kubernetes_is_list(struct reader *reader, const struct node *node,
			const char *example);
size_t kubernetes_enter_item(struct reader *reader, size_t index);

extern const struct form kubernetes_toleration_form, kubernetes_affinity_form,
	kubernetes_spread_form, kubernetes_security_form,
	kubernetes_pod_security_form, kubernetes_template_form;

/* --- kinds.c */

void kubernetes_read_kind(struct reader *reader, const struct key *key,
			  const struct node *node, void *slot);

/* --- kubernetes_env.c */

void kubernetes_read_env(struct reader *reader, const struct key *key,
			 const struct node *node, void *slot);
void kubernetes_read_env_from(struct reader *reader, const struct key *key,
			      const struct node *node, void *slot);
/* Names of Secrets, as text or {name: ...}. */
void kubernetes_read_pull_secrets(struct reader *reader, const struct key *key,
				  const struct node *node, void *slot);

/* --- kubernetes_resources.c */

void kubernetes_read_resources(struct reader *reader, const struct key *key,
			       const struct node *node, void *slot);
/* Give trialGpuNumber a place in resources, or report a contradiction. */
void kubernetes_settle_gpus(struct reader *reader, const struct place *place,
			    struct experiment_config *config);

/* --- kubernetes_source.c: where a volume comes from */

/* As a key of an entry; NULL behind the last. */
const char *kubernetes_source_name(size_t index);
/* Is this entry of node a source?  Then its name in Kubernetes. */
const char *kubernetes_source_find(const struct reader *reader,
				   const struct node *node,
				   const struct node_entry *entry);
/* The source as Kubernetes has it, or NULL after reporting. */
cJSON *kubernetes_source_read(struct reader *reader, const char *name,
			      const struct node *node);

/* --- kubernetes_volumes.c: slot is the struct kubernetes_config */

void kubernetes_read_volumes(struct reader *reader, const struct key *key,
			     const struct node *node, void *slot);
/* Append ,"volumes":[...] as it can be read again, without that of
 * sharedStorage; nothing when there are none. */
void kubernetes_write_volumes(const struct kubernetes_config *config,
			      struct strbuf *out);

#endif
