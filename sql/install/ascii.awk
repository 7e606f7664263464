# ascii.awk - what is not ASCII becomes \uXXXX, as JSON has it
#
#   od -An -v -tu1 FILE ... | awk -f ascii.awk
#
# Reads bytes as decimal numbers, since awks differ in what a character is to them.  UTF-8 up to U+FFFF.

{
	for (i = 1; i <= NF; i++) {
		byte = $i + 0
		if (byte < 128)
			printf "%c", byte
		else if (byte >= 240) {
			print "ascii.awk: a character above U+FFFF" | "cat 1>&2"
			exit 1
		} else if (byte >= 192) {
			rest = byte >= 224 ? 2 : 1
			code = byte - (byte >= 224 ? 224 : 192)
		} else {
			code = code * 64 + byte - 128
			if (--rest == 0)
				printf "\\u%04x", code
		}
	}
}
