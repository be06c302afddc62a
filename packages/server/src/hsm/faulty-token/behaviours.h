#include "pkcs11.h"

/* The function list of `real`, behaving as FAULTY_BEHAVIOURS says: names with commas between them. */
CK_FUNCTION_LIST_PTR with_behaviours(CK_FUNCTION_LIST_PTR real);
