// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Runs a fuzzer's function on each file of a directory and on some of its prefixes: the corpus as a
 * regression test for builds without libFuzzer. Prints TAP; an input that breaks something aborts.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX 65536
#define PREFIXES 64	/* of each input, evenly spread */

static void run_exact(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	fuzz_assert(copy);
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int replay(const char *path)
{
	static uint8_t data[INPUT_MAX];
	FILE *file = fopen(path, "re");
	size_t size;

	if (!file) {
		fprintf(stderr, "cannot open %s: %s\n", path, strerror(errno));
		return -1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	for (size_t len = 0; len < size; len += size / PREFIXES + 1)
		run_exact(data, len);
	run_exact(data, size);
	return 0;
}

static int replay_directory(const char *path)
{
	DIR *directory = opendir(path);
	char file[PATH_MAX];
	struct dirent *entry;
	int error = 0, inputs = 0;

	if (!directory) {
		fprintf(stderr, "cannot open %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (!error && (entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		error = replay(file);
		printf("%sok %d - %s\n", error ? "not " : "", ++inputs, entry->d_name);
	}
	closedir(directory);
	printf("1..%d\n", inputs);
	return inputs ? error : -1;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return EXIT_FAILURE;
	}
	return replay_directory(argv[1]) ? EXIT_FAILURE : EXIT_SUCCESS;
}
