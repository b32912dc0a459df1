// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/* What does not ask which of the two modes a link is in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "vectors.h"

/* The header of a request to another page becomes the vector's. */
static void address_is_encoded_alone(enum tlp_encoding encoding, const struct vector *vector)
{
	struct tlp other = vector->tlp;
	uint8_t bytes[TLP_MAX_HEADER];
	size_t size;

	if (tlp_is_completion(vector->tlp.type))
		return;
	print_message("# %s\n", vector->what);
	other.address ^= 4096;
	assert_int_equal(tlp_encode_header(encoding, &other, vector->flags, bytes, sizeof(bytes),
					   &size),
			 TLP_OK);
	assert_memory_not_equal(bytes, vector->bytes, vector->header);
	tlp_encode_address(encoding, &vector->tlp, bytes);
	assert_memory_equal(bytes, vector->bytes, vector->header);
}

static void addresses_are_encoded_alone(void **state)
{
	for (size_t i = 0; i < num_vectors; i++)
		address_is_encoded_alone(TLP_FLIT, &vectors[i]);
	for (size_t i = 0; i < num_nonflit_vectors; i++)
		address_is_encoded_alone(TLP_NONFLIT, &nonflit_vectors[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_encoded_alone),
	};

	return cmocka_run_group_tests_name("tlp_encoding", tests, NULL, NULL);
}
