/* SPDX-License-Identifier: MIT */
/*
 * The keeper as bytes.  The assembler reads ./trialdeck-keeper, which make
 * builds first, from the build directory it runs in.
 */
#include "keeper/embed.h"

__asm__(".section .rodata\n"
	".balign 16\n"
	"keeper_image_start:\n"
	".incbin \"trialdeck-keeper\"\n"
	"keeper_image_end:\n"
	".previous\n");

extern const char keeper_image_start[], keeper_image_end[];

const void *keeper_image(size_t *ret_size)
{
	/* cppcheck-suppress comparePointers ; one block of the linker's */
	*ret_size = (size_t)(keeper_image_end - keeper_image_start);
	return keeper_image_start;
}
