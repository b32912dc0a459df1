// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* All commands there are, in the order of the help. */
#include "tphctl.h"

extern const struct command command_dev_show, command_path, command_export, command_publish,
	command_clear, command_st_show, command_resolve, command_doctor, command_dump;

const struct command *const commands[] = {
	&command_dev_show, &command_path,    &command_export, &command_publish, &command_clear,
	&command_st_show,  &command_resolve, &command_doctor, &command_dump,    NULL,
};
