// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* usage: program ACTION...: a program that uses middleware, and loads it only then if it has been
 * built with the name of that, MIDDLEWARE. Ends with an exit code of its own.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "middleware.h"

static middleware_act_function *find_middleware(void)
{
#ifdef MIDDLEWARE
	void *library = dlopen(MIDDLEWARE, RTLD_LAZY | RTLD_LOCAL);
	middleware_act_function *act = NULL;

	if (library)
		*(void **)&act = dlsym(library, "middleware_act");
	if (!act)
		abort();
	return act;
#else
	return middleware_act;
#endif
}

int main(int argc, char **argv)
{
	middleware_act_function *act = find_middleware();

	setvbuf(stdout, NULL, _IONBF, 0);
	for (int i = 1; i < argc; i++)
		act(argv[i]);
	return 42;
}
