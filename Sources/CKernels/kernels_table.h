/* The set's entry in the run-time tables; included last. */
#define CK_STRING2(x) #x
#define CK_STRING(x) CK_STRING2(x)
const ck_table CK_JOIN(ck_table, CK_SET) = {
    .name = CK_STRING(CK_SET),
#define CK_ENTRY(operation, result, arguments) .operation = CK_NAME(operation),
    CK_OPERATIONS(CK_ENTRY)
#undef CK_ENTRY
};
