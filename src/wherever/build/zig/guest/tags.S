/* The two tags that throw and longjmp use; the compiler only refers to them. */
	.globl __cpp_exception
	.tagtype __cpp_exception i32
__cpp_exception:
	.globl __c_longjmp
	.tagtype __c_longjmp i32
__c_longjmp:
