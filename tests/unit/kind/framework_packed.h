/* SPDX-License-Identifier: MIT */
/* A Framework's task roles, packed as its controller does it. */
#ifndef TESTS_UNIT_KIND_FRAMEWORK_PACKED_H
#define TESTS_UNIT_KIND_FRAMEWORK_PACKED_H

#define FRAMEWORK_KILLED                                                       \
	"{\"code\":-1200,\"phrase\":\"ContainerOOMKilled\",\"type\":{"         \
	"\"name\":\"Failed\",\"attributes\":[\"Permanent\"]},"                 \
	"\"pod\":{\"containers\":[{\"name\":\"side\",\"code\":0},{\"name\":"   \
	"\"framework\",\"reason\":\"OOMKilled\",\"signal\":9,\"code\":137}]}}"

/* Two roles; worker-1 was killed. */
#define FRAMEWORK_TASKS                                                        \
	"[{\"name\":\"ps\",\"taskStatuses\":[{\"index\":1}]},{\"name\":"       \
	"\"worker\",\"taskStatuses\":[{\"index\":0},{\"index\":1,"             \
	"\"attemptStatus\":{\"completionStatus\":" FRAMEWORK_KILLED "}}]}]"

/* base64 of gzip; caller frees. */
char *framework_pack(const char *text);

#endif
