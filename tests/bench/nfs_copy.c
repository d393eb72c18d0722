/* SPDX-License-Identifier: MIT */
/*
 * What it takes to bring files to an NFS server through libnfs and nothing
 * else: four connections, each file made, written, brought to disk, closed.
 *
 * Usage: nfs_copy HOST EXPORT VERSION FOLDER NAME
 */
#include <nfsc/libnfs.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 4
#define FILES_MAX 100000
#define CHUNK_BYTES (1 << 20)
/* for more there is no room in libnfs's messages of version 4 */
#define V4_BYTES 3584

static struct {
	const char *host, *export, *version, *folder, *name;
} args;
static char *names[FILES_MAX];
static int count, next;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void fail(struct nfs_context *nfs, const char *what)
{
	fprintf(stderr, "nfs_copy: %s: %s\n", what, nfs_get_error(nfs));
	exit(1);
}

static struct nfs_context *connect_to(void)
{
	struct nfs_context *nfs = nfs_init_context();
	char url[64], name[32];

	snprintf(url, sizeof(url), "nfs://server/export/?version=%s",
		 args.version);
	nfs_destroy_url(nfs_parse_url_dir(nfs, url));
	snprintf(name, sizeof(name), "copy-%p", (void *)nfs);
	if (*args.version == '4') {
		nfs4_set_client_name(nfs, name);
		nfs4_set_verifier(nfs, name + strlen(name) - 8);
	}
	if (nfs_mount(nfs, args.host, args.export))
		fail(nfs, "mount");
	return nfs;
}

static void copy(struct nfs_context *nfs, const char *name, char *chunk)
{
	int most = *args.version == '4' ? V4_BYTES : CHUNK_BYTES;
	char from[4096], to[4096];
	struct nfsfh *file;
	ssize_t n;
	int fd;

	snprintf(from, sizeof(from), "%s/%s", args.folder, name);
	snprintf(to, sizeof(to), "/%s/%s", args.name, name);
	fd = open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0 ||
	    nfs_create(nfs, to, O_CREAT | O_EXCL | O_WRONLY, 0644, &file))
		fail(nfs, name);
	while ((n = read(fd, chunk, (size_t)most)) > 0)
		if (nfs_write(nfs, file, (uint64_t)n, chunk) != n)
			fail(nfs, name);
	if (nfs_close(nfs, file)) /* which commits */
		fail(nfs, name);
	close(fd);
}

static void *run(void *arg)
{
	struct nfs_context *nfs = connect_to();
	char *chunk = malloc(CHUNK_BYTES);
	int mine;

	(void)arg;
	for (;;) {
		pthread_mutex_lock(&mutex);
		mine = next < count ? next++ : -1;
		pthread_mutex_unlock(&mutex);
		if (mine < 0 || !chunk)
			break;
		copy(nfs, names[mine], chunk);
	}
	free(chunk);
	nfs_destroy_context(nfs);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	struct nfs_context *nfs;
	struct dirent *entry;
	char folder[4096];
	DIR *dir;

	if (argc != 6)
		return 2;
	args.host = argv[1];
	args.export = argv[2];
	args.version = argv[3];
	args.folder = argv[4];
	args.name = argv[5];
	dir = opendir(args.folder);
	while (dir && (entry = readdir(dir)) && count < FILES_MAX)
		if (*entry->d_name != '.')
			names[count++] = strdup(entry->d_name);
	if (dir)
		closedir(dir);
	nfs = connect_to();
	snprintf(folder, sizeof(folder), "/%s", args.name);
	if (nfs_mkdir(nfs, folder))
		fail(nfs, folder);
	nfs_destroy_context(nfs);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, run, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
