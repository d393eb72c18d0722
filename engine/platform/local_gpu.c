/* SPDX-License-Identifier: MIT */
/* Handing out this machine's GPUs. */
#include "engine/platform/local_gpu.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/platform/local.h"
#include "engine/platform/local_child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define GPUS_MAX 256
#define UUID_MAX 63
#define TOOL_TIMEOUT_MS 10000
#define TOOL_OUTPUT_MAX 262144
/* How long an answer about foreign processes is believed. */
#define FRESH_NS (5 * NS_PER_S)

struct gpu {
	int index;
	int used;	 /* slots handed out */
	bool is_foreign; /* somebody else computes on it */
	char uuid[UUID_MAX + 1];
};

struct local_gpus {
	struct loop *loop;
	struct gpu *items;
	size_t count;
	int slots; /* per GPU */
	bool use_active;
	char *folder;
	loop_timer_fn *changed;
	void *arg;
	/* the question about foreign processes */
	int64_t asked_ns; /* monotonic; 0: never answered */
	struct local_child *tool;
	struct loop_timer *timer; /* the tool's limit, or the next question */
	int output_fd;
};

/* Start nvidia-smi with its output in a memory file: it can neither block on
 * us nor make us wait. */
static bool tool_start(const char *query, pid_t *ret_pid, int *ret_fd)
{
	const char *arguments[] = {"nvidia-smi", query, "--format=csv,noheader",
				   NULL};
	posix_spawn_file_actions_t actions;
	int failure, fd = memfd_create("nvidia-smi", MFD_CLOEXEC);

	if (fd < 0)
		return false;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
	posix_spawn_file_actions_adddup2(&actions, fd, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", 1, 0);
	failure = posix_spawnp(ret_pid, "nvidia-smi", &actions, NULL,
			       (char *const *)arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failure) {
		close(fd);
		return false;
	}
	*ret_fd = fd;
	return true;
}

/* Takes fd. */
static void tool_read(int fd, struct strbuf *out)
{
	char data[4096];
	ssize_t n;

	while (out->len < TOOL_OUTPUT_MAX &&
	       (n = pread(fd, data, sizeof(data), (off_t)out->len)) > 0)
		strbuf_add(out, data, (size_t)n);
	close(fd);
}

/* Only at the very start, before anything runs that could be held up. */
static bool tool_run(const char *query, struct strbuf *out)
{
	int64_t deadline = clock_mono_ns() + TOOL_TIMEOUT_MS * NS_PER_MS;
	int fd, status = 0;
	pid_t pid;

	if (!tool_start(query, &pid, &fd))
		return false;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (clock_mono_ns() > deadline) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
		poll(NULL, 0, 5);
	}
	tool_read(fd, out);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static struct gpu *gpu_find(struct local_gpus *gpus, int index)
{
	for (size_t i = 0; i < gpus->count; i++)
		if (gpus->items[i].index == index)
			return &gpus->items[i];
	return NULL;
}

static struct gpu *gpu_add(struct local_gpus *gpus, int index)
{
	struct gpu *gpu;

	if (gpus->count == GPUS_MAX || index < 0)
		return NULL;
	gpus->items =
		xrealloc(gpus->items, (gpus->count + 1) * sizeof(*gpus->items));
	gpu = &gpus->items[gpus->count++];
	*gpu = (struct gpu){.index = index};
	return gpu;
}

static bool is_wanted(const struct local_config *config, int index)
{
	for (size_t i = 0; i < config->gpu_index_count; i++)
		if (config->gpu_indices[i] == index)
			return true;
	return !config->gpu_index_count;
}

/* Lines of "0, GPU-5a3c...". */
static void read_list(struct local_gpus *gpus,
		      const struct local_config *config, char *text)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char uuid[UUID_MAX + 1] = "";
		struct gpu *gpu;
		int index;

		if (sscanf(line, "%d , %63s", &index, uuid) < 1 ||
		    !is_wanted(config, index) || gpu_find(gpus, index))
			continue;
		gpu = gpu_add(gpus, index);
		if (gpu)
			memcpy(gpu->uuid, uuid, sizeof(uuid));
	}
}

bool local_gpus_open(const struct experiment_config *config, struct loop *loop,
		     const char *folder, loop_timer_fn *changed, void *arg,
		     struct local_gpus **ret, struct error *err)
{
	struct local_gpus *gpus = xcalloc(1, sizeof(*gpus));
	const struct local_config *local = &config->local;
	struct strbuf text = STRBUF_INIT;
	bool has_tool;

	gpus->loop = loop;
	gpus->slots =
		local->max_trials_per_gpu > 0 ? local->max_trials_per_gpu : 1;
	gpus->folder = xstrdup(folder);
	gpus->changed = changed;
	gpus->arg = arg;
	has_tool = tool_run("--query-gpu=index,uuid", &text);
	if (has_tool)
		read_list(gpus, local, text.data);
	else /* a machine whose tool is missing: believe the file */
		for (size_t i = 0; i < local->gpu_index_count; i++)
			gpu_add(gpus, local->gpu_indices[i]);
	/* without the tool nobody can say who is active */
	gpus->use_active = local->use_active_gpu || !has_tool;
	strbuf_release(&text);
	if (gpus->count) {
		*ret = gpus;
		return true;
	}
	local_gpus_close(gpus);
	return error_set(err, ERROR_NOT_FOUND, "trialGpuNumber is %d, but %s",
			 config->trial_gpu_number,
			 !has_tool ? "nvidia-smi, which knows the GPUs, "
				     "cannot be run"
				   : "nvidia-smi lists no GPU that may be "
				     "used");
}

void local_gpus_close(struct local_gpus *gpus)
{
	if (!gpus)
		return;
	if (gpus->tool) {
		local_child_signal(gpus->tool, SIGKILL);
		local_child_forget(gpus->tool);
		close(gpus->output_fd);
	}
	loop_cancel(gpus->loop, gpus->timer);
	free(gpus->folder);
	free(gpus->items);
	free(gpus);
}

size_t local_gpus_count(const struct local_gpus *gpus)
{
	return gpus->count;
}

/* Lines of "GPU-5a3c..., 4711". */
static void read_foreign(struct local_gpus *gpus, char *text)
{
	char *rest = NULL;

	for (size_t i = 0; i < gpus->count; i++)
		gpus->items[i].is_foreign = false;
	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char uuid[UUID_MAX + 1];
		int pid;

		if (sscanf(line, " %63[^, ] , %d", uuid, &pid) != 2 ||
		    pid <= 0 || local_process_is_below(pid, gpus->folder))
			continue;
		for (size_t i = 0; i < gpus->count; i++)
			if (!strcmp(gpus->items[i].uuid, uuid))
				gpus->items[i].is_foreign = true;
	}
}

static void on_answer(int status, void *arg)
{
	struct local_gpus *gpus = arg;
	struct strbuf text = STRBUF_INIT;

	gpus->tool = NULL;
	loop_cancel(gpus->loop, gpus->timer);
	gpus->timer = NULL;
	tool_read(gpus->output_fd, &text);
	/* a tool that cannot answer must not stop everything for ever */
	if (status != 0)
		strbuf_clear(&text);
	read_foreign(gpus, text.data);
	strbuf_release(&text);
	gpus->asked_ns = clock_mono_ns();
	gpus->changed(gpus->arg);
}

static void on_tool_timeout(void *arg)
{
	struct local_gpus *gpus = arg;

	gpus->timer = NULL;
	local_child_signal(gpus->tool, SIGKILL); /* on_answer follows */
}

static void tell(void *arg)
{
	struct local_gpus *gpus = arg;

	gpus->timer = NULL;
	gpus->changed(gpus->arg);
}

static void ask(void *arg)
{
	struct local_gpus *gpus = arg;
	pid_t pid;

	gpus->timer = NULL;
	if (!tool_start("--query-compute-apps=gpu_uuid,pid", &pid,
			&gpus->output_fd)) {
		gpus->asked_ns = clock_mono_ns();
		gpus->timer = loop_after(gpus->loop, 0, tell, gpus);
		return;
	}
	gpus->tool = local_child_watch(gpus->loop, pid, local_start_time(pid),
				       on_answer, gpus);
	gpus->timer =
		loop_after(gpus->loop, TOOL_TIMEOUT_MS, on_tool_timeout, gpus);
}

/* May foreign use be judged now?  If not, the question is on its way. */
static bool is_fresh(struct local_gpus *gpus)
{
	if (gpus->use_active)
		return true;
	if (gpus->asked_ns && clock_mono_ns() - gpus->asked_ns < FRESH_NS)
		return true;
	if (!gpus->tool) {
		loop_cancel(gpus->loop, gpus->timer);
		ask(gpus);
	}
	return false;
}

static bool is_free(const struct local_gpus *gpus, const struct gpu *gpu)
{
	return gpu->used < gpus->slots &&
	       (gpus->use_active || !gpu->is_foreign);
}

static size_t count_free(const struct local_gpus *gpus)
{
	size_t count = 0;

	for (size_t i = 0; i < gpus->count; i++)
		count += is_free(gpus, &gpus->items[i]);
	return count;
}

/* The free GPU with the fewest trials on it. */
static struct gpu *find_idlest(struct local_gpus *gpus, const char *taken)
{
	struct gpu *best = NULL;

	for (size_t i = 0; i < gpus->count; i++) {
		struct gpu *gpu = &gpus->items[i];

		if (is_free(gpus, gpu) && !taken[i] &&
		    (!best || gpu->used < best->used))
			best = gpu;
	}
	return best;
}

bool local_gpus_take(struct local_gpus *gpus, size_t want, struct strbuf *list)
{
	char taken[GPUS_MAX] = {0};

	if (!is_fresh(gpus))
		return false;
	if (count_free(gpus) < want) {
		/* others may leave: look again */
		if (!gpus->use_active && !gpus->tool && !gpus->timer)
			gpus->timer = loop_after(
				gpus->loop, FRESH_NS / NS_PER_MS, ask, gpus);
		return false;
	}
	for (size_t i = 0; i < want; i++) {
		struct gpu *gpu = find_idlest(gpus, taken);

		taken[gpu - gpus->items] = 1;
		gpu->used++;
		strbuf_addf(list, "%s%d", i ? "," : "", gpu->index);
	}
	return true;
}

static void change_used(struct local_gpus *gpus, const char *list, int by)
{
	while (*list) {
		char *end;
		long index = strtol(list, &end, 10);
		struct gpu *gpu;

		if (end == list)
			return;
		gpu = gpu_find(gpus, (int)index);
		if (gpu && gpu->used + by >= 0)
			gpu->used += by;
		list = *end == ',' ? end + 1 : end;
	}
}

void local_gpus_hold(struct local_gpus *gpus, const char *list)
{
	change_used(gpus, list, 1);
}

void local_gpus_return(struct local_gpus *gpus, const char *list)
{
	change_used(gpus, list, -1);
}

void local_gpus_describe(const struct local_gpus *gpus, size_t want,
			 struct strbuf *out)
{
	size_t in_use = gpus->count - count_free(gpus);

	if (want == 1)
		strbuf_addf(out, "waiting for a GPU (%zu of %zu in use)",
			    in_use, gpus->count);
	else
		strbuf_addf(out, "waiting for %zu GPUs (%zu of %zu in use)",
			    want, in_use, gpus->count);
}
