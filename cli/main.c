/* SPDX-License-Identifier: MIT */
#include <stdio.h>

int main(void)
{
	puts("trialdeck");
	return 0;
}
