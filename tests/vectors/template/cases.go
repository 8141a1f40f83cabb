package main

// Cases made by hand: those where Go decides, and those where SPEC decides otherwise.

// agreed is judged by Go.
var agreed = []string{
	// 4.2: trimming, comments, constants, scopes
	"a {{- 1 -}} b", "a{{- /* x */ -}} b", "{{/* a\nb */}}x", "{{ /* x */ }}", "{{/* x */ }}", "{{/* x", "{{-3}}", "{{- 3}}", "{{3 -}} \n x",
	"x \t\r\n{{- \"a\" }} {{ \"b\" -}}\v y", "{{\n1\n}}", "{{1}", "{{", "}}", "{{}}", "{{ }}", "{{- -}}", "{", "{{{}}}", "{{1}}}}",
	"{{0x1F}} {{0o17}} {{0b101}} {{0755}} {{1_000}} {{0x_1F}} {{-0x1F}} {{+7}} {{-0}}", "{{089}}", "{{1__0}}", "{{_1}}", "{{1_}}", "{{0x}}", "{{0b2}}",
	"{{9223372036854775807}} {{-9223372036854775808}}", "{{9223372036854775808e0}}", "{{1e400}}", "{{1e-400}}", "{{.5}} {{5.}} {{1_0.2_5}} {{1e+3}} {{0x1p4}} {{0x1.8p1}} {{0X1P-2}}",
	"{{0x1.8}}", "{{1.e2}}", "{{1e}}", "{{-0.0}}", "{{'a'}} {{'\\n'}} {{'\\''}} {{'é'}} {{'\\u00e9'}} {{'\\x7f'}} {{'\\101'}}", "{{''}}", "{{'ab'}}", "{{'\\\"'}}", "{{'\\xzz'}}",
	"{{\"\\a\\b\\f\\n\\r\\t\\v\\\\\\\"\\x41\\101\\u00e9\\U0001F600\"}}", "{{\"\\'\"}}", "{{\"\\400\"}}", "{{\"\\ud800\"}}", "{{\"a\nb\"}}", "{{`a\nb\\n`}}", "{{\"abc}}", "{{`abc}}", "{{'a}}",
	"{{true}} {{false}}", "{{true.x}}", "{{\"a\".b}}", "{{1.b}}", "{{..}}", "{{.a..b}}", "{{$}}", "{{$.n}}", "{{$x}}", "{{.}}{{.n}}", "{{.n.}}", "{{.é}}", "{{.1}}", "{{.a-b}}",
	"{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "{{$x:=1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "{{$x:=1}}{{if true}}{{$x = 2}}{{end}}{{$x}}",
	"{{$x := 1}}{{$x := add $x 1}}{{$x}}", "{{range $i, $e := .ints}}{{$i}}{{$e}} {{end}}{{$i}}", "{{with $x := .n}}{{$x}}{{.}}{{else}}{{$x}}{{end}}",
	"{{with $x := .zero}}a{{else}}{{$x}}{{end}}", "{{if $x := .n}}{{$x}}{{end}}", "{{range $x := .none}}a{{else}}{{$x}}{{end}}", "{{$x, $y := .l}}", "{{range $a, $b, $c := .l}}{{end}}",
	"{{range $i, := .l}}{{end}}", "{{range $i, 1 := .l}}{{end}}", "{{define \"t\"}}{{$}}{{end}}{{$x := 1}}{{template \"t\" $x}}", "{{define \"t\"}}{{$x}}{{end}}{{$x := 1}}",
	"{{$x = 1}}", "{{if false}}{{$x = 1}}{{end}}ok", "{{if .zero}}{{$x := 1}}{{else}}{{$x}}{{end}}", "{{if .zero}}{{$x := 1}}{{else if true}}{{$x.y}}{{end}}", "{{if .one}}{{$x := 1}}{{$x}}{{else}}{{$x}}{{end}}", "{{if .one}}{{$x := 1}}{{end}}{{$x}}", "{{$x := 0}}{{if .zero}}{{$x := 1}}{{else}}{{$x}}{{end}}",
	"{{if false}}{{$x = 1}}{{else}}{{$x}}{{end}}", "{{range .none}}{{$x := 1}}{{$x := 2}}{{else}}{{$x}}{{end}}", "{{$x := 5}}{{with .zero}}{{$x := 1}}{{$x := 2}}{{else}}{{$x}}{{end}}{{$x}}", "{{range .ints}}{{$x = .}}{{end}}", "{{range $x = .ints}}{{end}}", "{{$x = 1 | print}}{{$x}}", "{{$x := $x}}", "{{if false}}{{$x := $x}}{{end}}ok",
	"{{if true}}a{{else}}b{{end}}", "{{if false}}a{{else if true}}b{{else}}c{{end}}", "{{if}}a{{end}}", "{{if true}}", "{{end}}", "{{else}}", "{{if 1}}{{else}}{{else}}{{end}}",
	"{{with .zero}}{{else if true}}{{end}}", "{{if .zero}}{{else with 1}}{{end}}", "{{with .zero}}a{{else with .n}}{{.}}{{else}}c{{end}}", "{{range .none}}{{else if true}}{{end}}",
	"{{range .ints}}{{.}}{{break}}{{end}}", "{{range .ints}}{{continue}}{{.}}{{end}}x", "{{break}}", "{{if true}}{{continue}}{{end}}", "{{range .ints}}{{define \"t\"}}{{end}}{{end}}",
	"{{range .ints}}{{block \"b\" .}}{{break}}{{end}}{{end}}", "{{range .l}}{{else}}{{break}}{{end}}", "{{range .ints}}{{with .}}{{if eq . 1}}{{continue}}{{end}}{{.}}{{end}},{{end}}",
	"{{break 1}}", "{{range .ints}}{{break .}}{{end}}", "{{end 1}}", "{{else 1}}", "{{nil | print}}", "{{print nil}}", "{{nil}}", "{{if nil}}{{end}}", "{{with nil}}{{end}}", "{{(nil)}}", "{{nil.x}}", "{{default nil 0}}",
	"{{define \"a\"}}1{{end}}{{define \"a\"}}2{{end}}", "{{define \"a\"}} {{end}}{{define \"a\"}}2{{end}}{{template \"a\"}}", "{{define \"a\"}}2{{end}}{{define \"a\"}} \n{{end}}{{template \"a\"}}",
	"{{define \"a\"}}{{end}}[{{template \"a\"}}]", "{{template \"nope\"}}", "{{if false}}{{template \"nope\"}}{{end}}ok", "{{template \"a\" 1 2}}{{define \"a\"}}{{end}}", "{{template a}}", "{{define a}}{{end}}",
	"{{define \"a\" 1}}{{end}}", "{{define \"a\"}}{{else}}{{end}}", "{{block \"b\"}}{{end}}", "{{block \"b\" .n}}{{.}}{{end}}{{template \"b\" 2}}", "{{block \"b\" .}}{{else}}{{end}}", "{{template \"a\\\"\"}}{{define \"a\\\"\"}}q{{end}}",
	"{{template `r` .s}}{{define `r`}}{{.}}{{end}}", "{{define \"t\"}}{{.}}{{end}}{{template \"t\"}}{{template \"t\" .n}}{{template \"t\" .missing}}",
	"{{1 2}}", "{{.n 2}}", "{{.m.a 2}}", "{{\"a\" | 1}}", "{{1 | .n}}", "{{1 | .missing}}", "{{1 | $.n}}", "{{(1) 2}}", "{{1 | (print)}}", "{{(1 | print) | print}}", "{{()}}", "{{(1}}", "{{1)}}", "{{(print (print 1) | print 2)}}",
	"{{print 1 | print 2 | print 3}}", "{{| print}}", "{{print || print}}", "{{print(1)}}", "{{print \"a\"\"b\"}}", "{{1:2}}", "{{$x :1}}", "{{nope}}", "{{print .n:}}", "{{,}}", "{{1,2}}", "{{#}}", "{{é}}", "{{\x01}}", "{{print \u00a0}}", "{{\"\u2028\"}}",
	"{{len}}", "{{len 1 2}}", "{{not}}", "{{eq}}", "{{eq 1}}", "{{and}}", "{{or}}", "{{printf}}", "{{print}}", "{{println}}", "{{index}}", "{{now 1}}", "{{print len}}",
	// 4.5: missing keys
	"{{.x}} {{.m.x}} {{.nul}} {{$.nul}}", "{{.x.y}}", "{{.m.x.y}}", "{{.nul.y.z}}", "{{$x := .nul}}{{$x.y}}{{$x.y.z}}", "{{(.nul).y}} {{(.nul).y.z}}", "{{$x := .m}}{{$x.zz}}", "{{$x := .m}}{{$x.zz.y}}",
	"{{(.m).zz.y}}", "{{.n.x}}", "{{.s.x}}", "{{.l.x}}", "{{(.n).x}}", "{{if .x}}a{{else}}b{{end}}", "{{with .x}}a{{else}}b{{end}}", "{{range .x}}a{{else}}b{{end}}", "{{and .x 1}}", "{{or .x 1}}", "{{not .x}}",
	"{{len .x}}", "{{index .x 1}}", "{{index .x}}", "{{index .m \"zz\"}}", "{{index .m \"zz\" \"y\"}}", "{{eq .x nil}} {{eq .x .nul}} {{eq 1 nil}} {{eq .m nil}} {{eq nil nil}}", "{{ne .x 1}}", "{{lt .x 1}}", "{{print .x}} {{print .x .x}} {{.x | print}}", "{{.l}}{{.people}}",
	"{{html .x}} {{js .x}} {{urlquery .x}} {{html .x 1}} {{html 1 .x}}", "{{printf \"%v %d %s\" .x .x .x}}", "{{list .x}} {{dict \"a\" .x}}",
	// 4.6: printing
	"{{1.0}} {{100000.0}} {{999999.0}} {{1000000.0}} {{1234567.5}} {{0.0001}} {{0.00001}} {{123456789.0}} {{1e5}} {{1e6}} {{1e20}} {{1e-4}} {{-1.5}}", "{{.f}} {{.tiny}} {{.huge}} {{.whole}} {{.half}}", "{{.l}} {{.m}} {{.none}} {{.mm}} {{.nest}}",
	"{{print 1 2}} {{print 1 \"a\" 2}} {{print \"a\" \"b\"}} {{print 1 nil 2}} {{print true false}} {{print .l .m}}", "{{println 1 \"a\"}}{{println}}", "{{now}} {{print now}} {{println now}}{{printf \"%v %s %q %x\" now now now now}}", "{{quote now}} {{toJson now}} {{list now}}",
	// 4.7: truth and order
	"{{range list 0 1 0.0 -0.0 0.5 \"\" \"a\" true false (list) (list 0) (dict) (dict \"a\" 1)}}{{if .}}T{{else}}F{{end}}{{end}}", "{{if now}}T{{end}}", "{{eq 1 2 3 1}} {{eq 1 2 3}}", "{{eq \"a\" \"a\"}} {{ne \"a\" \"b\"}} {{lt \"a\" \"b\"}} {{lt \"a\" \"B\"}} {{le \"a\" \"a\"}} {{gt \"b\" \"a\"}} {{ge \"\" \"\"}}",
	"{{eq true true}} {{ne true false}}", "{{lt true false}}", "{{eq \"a\" 1}}", "{{eq 1 \"a\"}}", "{{lt 1 \"a\"}}", "{{eq .l .l}}", "{{eq .m .m}}", "{{eq .l .m}}", "{{eq true 1}}", "{{eq 1 1 \"a\"}}", "{{eq 1 2 \"a\"}}", "{{eq .l 1}}", "{{eq now now}}", "{{lt now now}}", "{{eq now 1}}",
	"{{and 1 0 2}} {{and 1 2}} {{and 0}} {{or 0 \"\" 3 4}} {{or 0 \"\"}} {{or 1 .x.y}} {{and 0 .x.y}} {{3 | and 1}} {{3 | or 1}} {{0 | or 0}}", "{{and 1 .x.y}}", "{{or 0 .x.y}}", "{{and false (fail)}}", "{{not 0}} {{not 1 }}",
	// 4.8: built-ins
	"{{len \"héllo\"}} {{len .l}} {{len .m}} {{len \"\"}}", "{{len 1}}", "{{len true}}", "{{len nil}}", "{{index .l 0}} {{index .nest 1 1 0}} {{index .m \"c\" \"d\"}}", "{{index .l 5}}", "{{index .l -1}}", "{{index .l 1.0}}", "{{index .l \"a\"}}", "{{index .l nil}}", "{{index .m 1}}", "{{index .m nil}}", "{{index .l 0 0}}", "{{index 1}}", "{{index .none 0}}",
	"{{slice \"hello\" 1 3}} {{slice \"hello\"}} {{slice \"hello\" 2}} {{slice .ints 1 3}} {{slice .ints 1 2 3}} {{slice \"abc\" 3}} {{slice \"abc\" 3 3}}", "{{slice \"abc\" 2 1}}", "{{slice \"abc\" 4}}", "{{slice \"abc\" -1}}", "{{slice \"abc\" 1 2 3}}", "{{slice \"abc\" \"a\"}}", "{{slice nil}}", "{{slice 1}}", "{{slice .m}}", "{{slice .ints 2 1}}", "{{slice .ints 0 2 1}}", "{{slice .ints 1 2 3 4}}", "{{slice .nul}}",
	"{{html \"<a href='x'>&\\\"\\x00\"}}", "{{html 1 \"<\" 2}}", "{{js \"a'b\\\"c\\\\<>&=\\n\\u2028é\\x7f\\U000e0001\"}}", "{{urlquery \"a b&c=d/é~-._*'\"}}", "{{html}}|{{js}}|{{urlquery}}", "{{html .l}} {{js .m}}",
	"{{range 3}}{{.}}{{end}}", "{{range $i := 3}}{{$i}}{{end}}", "{{range $i, $j := 3}}{{end}}", "{{range 0}}a{{else}}b{{end}}", "{{range -1}}a{{else}}b{{end}}", "{{range 1.5}}{{end}}", "{{range \"abc\"}}{{end}}", "{{range true}}{{end}}", "{{range now}}{{end}}", "{{range .m}}{{.}} {{end}}", "{{range $k, $v := .m}}{{$k}}={{$v}} {{end}}", "{{range $k, $v := .l}}{{$k}}={{$v}} {{end}}",
	"{{$x := 0}}{{range $x = .ints}}{{$x}}{{end}}{{$x}}", "{{$k := 0}}{{$v := 0}}{{range $k, $v = .ints}}{{end}}{{$k}}{{$v}}", "{{range $v := .none}}{{end}}", "{{$x := 1}}{{range $x = .none}}{{end}}{{$x}}", "{{$ = 1}}{{$}}", "{{$ := 2}}{{$}}", "{{range .ints}}{{$ = .}}{{end}}{{$}}",
	// printf
	"{{printf \"%d %5d|%-5d|%05d|%+d|% d|%x|%X|%o|%O|%b|%c|%q|%U|%#x|%#o|%#b|%#U\" 42 42 42 42 42 42 42 42 42 42 42 42 42 42 42 42 42 42}}", "{{printf \"%d %x %o %b %c %q %U %#U\" -42 -42 -42 -42 -42 -42 -42 -42}}", "{{printf \"%.3d|%6.3d|%-6.3d|%06.3d|%.0d|%.0d|%+.2d\" 5 5 5 5 0 1 5}}",
	"{{printf \"%s|%5s|%-5s|%05s|%.2s|%5.1s|%x|%X|% x|%#x|% #x|%q|%+q|%#q|%#+q\" \"é\" \"é\" \"é\" \"é\" \"éab\" \"éab\" \"é\" \"é\" \"éa\" \"éa\" \"éa\" \"é\\n\" \"é\\n\" \"é`\" \"é\"}}", "{{printf \"%5t|%-7t|%t|%v|%q\" true false true true true}}",
	"{{printf \"%f %.2f %8.3f|%-8.1f|%08.2f|%+.1f|% .1f|%e|%E|%.0e|%g|%G|%.3g|%#g|%#.3g|%#.0f\" 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1.5 1e20 1e-10 1234.5 1.5 1.0 2.5}}", "{{printf \"%x %X %.3x %b %.0x %+x %#x %08x\" 1.5 -2.25 3.14159 1.0 1.5 0.1 1.0 1.5}}", "{{printf \"%6.2f|%-8.2e|%+08.3g|%+.3e|%010.3f\" -3.14159 -3.14159 -3.14159 3.14159 -3.14159}}",
	"{{printf \"%v %v %v %v %v %5v|%-5v|%05v\" 1 1.5 \"a\" true nil 7 7 7}}", "{{printf \"%d\" \"abc\"}} {{printf \"%s\" 1}} {{printf \"%t\" 1}} {{printf \"%f\" \"a\"}} {{printf \"%d\" true}} {{printf \"%d\" nil}} {{printf \"%x\" nil}} {{printf \"%c\" 1.5}} {{printf \"%z\" 1}} {{printf \"%é\" 1}} {{printf \"%!\" 1}} {{printf \"%d\" 1.5}} {{printf \"%5d|%-8s|\" \"x\" 3}}",
	"{{printf \"%\"}} {{printf \"%d\"}} {{printf \"%d %d\" 1}} {{printf \"a\" 1 \"b\" nil 2.5 true}} {{printf \"%%\"}} {{printf \"%5%\"}} {{printf \"%-\"}} {{printf \"%.\" 1}} {{printf \"%5.\" 1}}", "{{printf \"%[2]d %[1]d\" 1 2}} {{printf \"%[3]d\" 1}} {{printf \"%[0]d\" 1}} {{printf \"%[x]d\" 1}} {{printf \"%[1\" 1}} {{printf \"%[]d\" 1}} {{printf \"%[1]d %d\" 1 2}} {{printf \"%[2]*[1]d|\" 7 5}} {{printf \"%[1]2d\" 1}} {{printf \"%[1].2d\" 1}} {{printf \"%[-1]d\" 1}}",
	"{{printf \"%*d|%-*d|%.*f|%*.*f|\" 5 42 5 42 2 3.5 8 3 1.5}} {{printf \"%*d\" \"a\" 1}} {{printf \"%.*d\" -1 5}} {{printf \"%*d|\" -5 1}} {{printf \"%*d\" 1000001 1}} {{printf \"%.*d\" 1000001 1}} {{printf \"%*d\" 2.0 1}} {{printf \"%0*d|\" -5 1}}",
	"{{printf \"%v %d %s %q %5v|%x %t\" .l .l .l .l .ints .strs .l}} {{printf \"%v %d %q %s\" .m .m .m .m}} {{printf \"%05d %+d %.1f\" .ints .ints .l}} {{printf \"%v %d\" (list nil) (list nil)}}", "{{printf \"%c %c %q %U\" 128512 1114112 128512 128512}}", "{{printf \"%q %+q %#q\" 'x' 'é' 'x'}} {{printf \"%q\" \"\\u200b\\x7f\\ufeff\"}} {{printf \"%#q\" \"a\\ufeffb\"}}", "{{printf \"%#v %#v %#v %#v %#v %+v\" 1 1.0 \"a\" true nil 5}} {{printf \"%#v\" 1000000.0}}", "{{printf 1}}", "{{printf .l}}", "{{printf \"é%dü\" 1}} {{printf \"\"}}|{{printf \"\" 1}}", "{{printf \"%w\" 1}}", "{{printf \"%6.3v|%-10v|%010v\" 3.14159 \"é\" -1.5}}", "{{printf \"%20.10x|%-20x|%020X\" \"héllo\" \"abc\" \"abc\"}}", "{{printf \"%s %v\" .people .people}}",
	// 4.9: helpers
	"{{default 1 0}} {{default 1 2}} {{0 | default \"d\"}} {{coalesce 0 \"\" 3}} {{coalesce 0}} {{coalesce}} {{ternary 1 2 true}} {{ternary 1 2 0}} {{empty 0}} {{empty .l}} {{empty nil}}", "{{default 1}}", "{{default 1 2 3}}", "{{ternary 1 2}}",
	"{{upper \"straße ǆ ŉ\"}} {{lower \"ÀÉİΣ\"}} {{title \"hello wOrld it's x_y 3d é日本\"}} {{trim \"\\u00a0\\u2003 a b \\n\\v\"}}|", "{{upper 1}} {{upper nil}} {{upper true}} {{upper 1.5}} {{upper now}}", "{{upper .l}}", "{{upper .m}}", "{{upper}}", "{{upper 1 2}}",
	"{{trimPrefix \"a\" \"aab\"}} {{trimSuffix \"b\" \"abb\"}} {{trimPrefix \"\" \"x\"}} {{hasPrefix \"a\" \"ab\"}} {{hasSuffix \"b\" \"ab\"}} {{contains \"\" \"\"}} {{contains \"b\" \"abc\"}} {{contains 1 123}}", "{{replace \"a\" \"b\" \"banana\"}} {{replace \"aa\" \"b\" \"aaaaa\"}} {{replace \"x\" \"\" \"abc\"}} {{replace 1 2 121}}", "{{replace \"\" \"b\" \"a\"}}",
	"{{repeat 3 \"ab\"}}|{{repeat 0 \"ab\"}}|{{repeat \"2\" \"é\"}}|{{repeat 2.0 1}}", "{{repeat -1 \"a\"}}", "{{repeat 1.5 \"a\"}}", "{{repeat \"x\" \"a\"}}", "{{repeat true \"a\"}}", "{{repeat nil \"a\"}}|", "{{trunc 3 \"héllo\"}} {{trunc -3 \"héllo\"}} {{trunc 9 \"abc\"}} {{trunc -9 \"abc\"}} {{trunc 0 \"abc\"}}|{{trunc 2 12345}}", "{{abbrev 5 \"hello world\"}} {{abbrev 11 \"hello world\"}} {{abbrev 4 \"héllo\"}}", "{{abbrev 3 \"hello\"}}",
	"{{split \",\" \"a,b,\"}} {{(split \",\" \"a,b\")._1}} {{split \",\" \"\"}} {{splitList \", \" \"a, b\"}} {{len (splitList \",\" \"\")}} {{splitList 1 212}}", "{{split \"\" \"a\"}}", "{{splitList \"\" \"a\"}}", "{{splitList nil \"a\"}}", "{{join \",\" .l}} {{join .ints \"-\"}} {{join \",\" nil}}|{{join nil \",\"}}|{{join .none \",\"}}|{{join \", \" (list .m .nest nil true)}} {{join nil .ints}} {{join .ints nil}} {{join 0 .ints}}", "{{join \",\" \"a\"}}", "{{join \",\" .m}}", "{{join .l .l}}", "{{join 1 2}}",
	"{{quote \"a\\\"b\" 1 nil true .l}} {{squote \"it's\" 1 nil}} {{quote}}|{{quote nil}}|{{quote \"\\u00e9\\u2028\\n\\x00\"}} {{\"x\" | quote \"y\"}}", "{{indent 2 \"a\\n\\nb\\n\"}}|{{nindent 2 \"a\\nb\"}}|{{indent 0 \"a\"}}|{{indent 1 \"\"}}|{{nindent 0 nil}}|", "{{indent -1 \"a\"}}", "{{nindent -1 \"a\"}}",
	"{{int 3.9}} {{int -3.9}} {{int \"12\"}} {{int \" 12.7 \"}} {{int \"abc\"}} {{int \"\"}} {{int true}} {{int false}} {{int nil}} {{int64 7}} {{int \"1e3\"}} {{int \"0x10\"}} {{int \"+5\"}} {{int \"05\"}}", "{{int 1e30}}", "{{int \"99999999999999999999\"}}", "{{int \"1e400\"}}", "{{int .l}}", "{{int .m}}", "{{int now}}", "{{float64 1}} {{float64 \"1.50\"}} {{float64 \"x\"}} {{float64 true}} {{float64 nil}} {{float64 \"12345678901234567890\"}}", "{{float64 .l}}", "{{float64 \"1e400\"}}", "{{toString 1}} {{toString 1.0}} {{toString nil}}| {{toString .l}} {{toString .m}} {{toString true}} {{toString now}}",
	"{{add 1 2 3}} {{add 1}} {{add 1 2.5}} {{add \"1\" \" 2 \"}} {{add nil 1}} {{add 0.1 0.2}} {{sub 5 7}} {{sub 5.5 1}} {{mul 2 3 4}} {{mul 2 0.5}} {{div 7 2}} {{div -7 2}} {{div 7 2.0}} {{mod 7 3}} {{mod -7 3}} {{mod 7 -3}} {{mod 7.0 \"3\"}}", "{{add}}", "{{add true 1}}", "{{add \"a\" 1}}", "{{add .l 1}}", "{{add now 1}}", "{{div 1 0}}", "{{div 1 0.0}}", "{{mod 1 0}}", "{{mod 1.5 1}}", "{{sub 1}}", "{{sub 1 2 3}}", "{{add 9223372036854775807 1}}", "{{sub -9223372036854775808 1}}", "{{mul 9223372036854775807 2}}", "{{mul 3037000500 3037000500}}", "{{mul -1 -9223372036854775808}}", "{{div -9223372036854775808 -1}}", "{{mod -9223372036854775808 -1}}", "{{mul -3037000499 3037000499}} {{mul 4611686018427387904 -2}}", "{{add 9223372036854775807 1 -1}} {{mul 9223372036854775807 2 0}}", "{{add 1e308 1e308}}", "{{mul 1e308 10}}", "{{div 1 1e-320}}",
	"{{max 1 3 2}} {{min 3 1 2}} {{max 1 2.5}} {{max 3 2.5}} {{min 1.0 2}} {{max \"7\" 3}} {{min nil 1}} {{max -0.0 0}} {{min 0 -0.0}} {{max 9007199254740993 1}} {{min 1}}", "{{max}}", "{{round 2.5 0}} {{round 3.5 0}} {{round -2.5 0}} {{round 1.005 2}} {{round 2.675 2}} {{round 1234.5678 2}} {{round 5 2}} {{round -0.4 0}} {{round 0.5 0}} {{round 0.05 1}} {{round 0.049 1}} {{round 99.995 2}} {{round 1e20 3}} {{round 1e-20 3}} {{round \"2.55\" 1}} {{round nil 1}} {{round 1.5 0.0}} {{round 0.1234567890123456 15}}", "{{round 1.5}}", "{{round 1.5 -1}}", "{{round 1.5 16}}", "{{round 1.5 0.5}}",
	"{{list}} {{list 1 \"a\" nil}} {{dict}} {{dict \"b\" 1 \"a\" 2}} {{dict \"a\" 1 \"a\" 2}} {{dict 1 2}} {{dict nil 1}} {{dict 1.5 true}}", "{{dict \"a\"}}", "{{dict .l 1}}", "{{get .m \"a\"}} {{get .m \"zz\"}}| {{get nil \"a\"}}| {{get (dict \"1\" 2) 1}} {{get (dict \"a\" nil) \"a\"}} {{hasKey .m \"a\"}} {{hasKey nil \"a\"}} {{hasKey (dict \"a\" nil) \"a\"}} {{keys .m}} {{values .m}} {{keys nil}} {{values nil}}", "{{get .l \"a\"}}", "{{get .m .l}}", "{{keys .l}}", "{{first .l}} {{last .l}} {{rest .l}} {{first .none}} {{last nil}} {{rest nil}} {{rest .none}} {{rest (list 1)}}", "{{first \"a\"}}", "{{first .m}}",
	"{{uniq (list 1 1.0 \"1\" 1 true true nil nil \"a\" \"a\")}} {{uniq (list .l .l .m .m (list 1) (list 1.0))}} {{uniq nil}} {{uniq (list -0.0 0 0.5 0.5 9007199254740993 9007199254740992.0)}}", "{{sortAlpha .strs}} {{sortAlpha (list 10 9 nil \"b\" true 1.5)}} {{sortAlpha nil}} {{sortAlpha (list \"é\" \"z\" \"Z\")}}", "{{sortAlpha .m}}", "{{uniq \"a\"}}",
	"{{toJson .}}", "{{toPrettyJson .}}", "{{toJson 1.0}} {{toJson 1e21}} {{toJson 1e20}} {{toJson 1e-7}} {{toJson 0.000001}} {{toJson -0.0}} {{toJson nil}} {{toJson \"<&>\\u2028\\x08\\x0c\\x1f\\x7f\"}} {{toJson .l}}", "{{toPrettyJson (dict \"a\" (list) \"b\" (dict) \"c\" (list 1 (dict \"x\" nil)))}}", "{{fromJson \"{\\\"a\\\":[1,2.0,1e2,null,true]}\"}} {{fromJson \"[\"}} {{fromJson \"\"}} {{fromJson 5}} {{fromJson nil}} {{fromJson .l}} {{fromJson \" 12 \"}} {{fromJson \"1 2\"}} {{fromJson \"{\\\"a\\\":1,\\\"a\\\":2}\"}} {{fromJson \"12345678901234567890\"}} {{fromJson \"\\\"\\\\ud800\\\"\"}} {{(fromJson .json).k}}", "{{fromJson \"1e400\"}}", "{{fromJson \"[1,{\\\"a\\\":-1e999}]\"}}",
	"{{b64enc \"hello\"}} {{b64enc \"\"}}|{{b64enc 1}} {{b64dec \"aGVsbG8=\"}} {{b64dec \"\"}}|{{b64dec \"aGV\\nsbG8=\\r\\n\"}} {{b64dec \"/w==\"}} {{b64dec \"YR==\"}} {{b64dec \"YWI=\"}}", "{{b64dec \"YQ\"}}", "{{b64dec \"YQ=\"}}", "{{b64dec \"Y\"}}", "{{b64dec \"Y Q==\"}}", "{{b64dec \"YQ==YQ==\"}}", "{{b64dec \"====\"}}", "{{b64dec \"YQ-_\"}}", "{{sha256sum \"\"}} {{sha256sum \"abc\"}} {{sha256sum 1}}",
	"{{date \"2006-01-02 15:04:05 MST\" now}} {{date \"Mon Jan _2 2006 3:04PM\" .unix}} {{date \"02.01.06 03:04:05pm .000 ,999\" .when}} {{date \"__2 002 Monday January Z07:00 -0700 -07\" .when}} {{date \"\" now}}|{{date \"Janet Month Monda\" 0}}|{{date .nul now}}", "{{date \"2006\" \"x\"}}", "{{date \"2006\" nil}}", "{{date \"2006\" 1.0}}", "{{date \"2006\" true}}", "{{date \"2006\" .l}}", "{{date .l now}}", "{{dateInZone \"15:04 MST -0700 Z07:00\" now \"Europe/Berlin\"}} {{dateInZone \"15:04 MST -07:00:00\" 0 \"Africa/Monrovia\"}} {{dateInZone \"15:04 MST\" .when \"\"}} {{dateInZone \"MST\" now \"UTC\"}} {{dateInZone \"MST\" now nil}}", "{{dateInZone \"15\" now \"Mars/Base\"}}", "{{dateInZone \"15\" now \"../etc/passwd\"}}", "{{unixEpoch now}} {{unixEpoch .when}} {{unixEpoch .unix}} {{unixEpoch -5}}", "{{unixEpoch \"x\"}}", "{{unixEpoch nil}}", "{{date \"2006-01-02\" \"2026-03-30T23:30:00-02:00\"}} {{date \"2006\" -62135596800}} {{date \"2006 06\" -99999999999}}",
	"{{regexMatch \"^h.*d$\" .s}} {{regexMatch \"(?i)HELLO\" .s}} {{regexMatch \"z\" .s}} {{regexMatch \"\" \"\"}} {{regexReplaceAll \"l+\" .s \"[$0]\"}} {{regexReplaceAll \"(\\\\w)(\\\\w*)\" .s \"$2$1\"}} {{regexReplaceAll \"(\\\\w)(\\\\w*)\" .s \"${2}_${1}_$1x$$\"}} {{regexReplaceAll \"x*\" \"abc\" \"-\"}} {{regexReplaceAll \"(?P<n>b)\" \"abc\" \"<${n}><${z}>\"}}", "{{regexMatch (print \"(\") \"a\"}}", "{{regexMatch \"a\"}}",
}

// differ is what SPEC decides otherwise than Go, or where Go has nothing to say.
var differ = []*vector{
	fails("SPEC 4.1: an empty last stage is refused", "parse", "", "{{.n|}}"),
	fails("SPEC 4.1: an empty last stage is refused", "parse", "", "{{print | }}"),
	fails("SPEC 4.1: a field of a function is refused", "parse", "", "{{print.x}}"),
	fails("SPEC 4.1: a keyword is no prefix", "parse", "", "{{if.x}}{{end}}"),
	fails("SPEC 4.1: imaginary constants are refused", "parse", "", "{{1i}}"),
	fails("SPEC 4.1: imaginary constants are refused", "parse", "", "{{1+2i}}"),
	fails("SPEC 4.3: call is not offered", "parse", "", "{{call print}}"),
	fails("SPEC 4.11: found when the object is checked", "parse", "", "{{9223372036854775808}}"),
	fails("SPEC 5.13: a pattern in the source is checked with it", "parse", "", "{{regexMatch \"(\" .s}}"),
	fails("SPEC 5.13: a pattern in the source is checked with it", "parse", "", "{{if false}}{{regexReplaceAll `\\C` .s \"\"}}{{end}}"),
	gives("SPEC 4.2: 0x1e3 is an integer with a sign too", "-483", "{{-0x1e3}}"),
	gives("SPEC 4.2: 0x1e3 is an integer with a sign too", "-51843", "{{printf \"%d\" -0xca83}}"),
	gives("SPEC 4.5: a field of a nil item is nil", "<no value><no value>", "{{range list nil nil}}{{.a}}{{end}}"),
	gives("SPEC 4.5: a field of a nil item is nil", "<no value>", "{{range $x := list nil}}{{$x.a.b.c}}{{end}}"),
	gives("SPEC 4.5: a field of a nil dot is nil", "<no value>", "{{define \"t\"}}{{.a.b}}{{end}}{{template \"t\"}}"),
	gives("SPEC 4.7: numbers by value", "true false true true false true", "{{eq 1 1.0}} {{eq 9007199254740993 9007199254740992.0}} {{lt 1 1.5}} {{ge 2.0 2}} {{gt 9223372036854775807 9223372036854775808.0}} {{ne 1 1.5}}"),
	gives("SPEC 4.7: numbers by value", "true true", "{{lt -9223372036854775808 -9.3e18 | not}} {{lt 0.5 1}}"),
	fails("SPEC 4.8: index takes lists and maps", "run", "1:2", "{{index \"abc\" 1}}"),
	fails("SPEC 4.8: a cut inside a character", "run", "1:2", "{{slice \"é\" 1}}"),
	fails("SPEC 4.8: a cut inside a character", "run", "1:2", "{{slice \"é\" 0 1}}"),
	gives("SPEC 4.8: relaxed verbs", "3 -7 2.000000 2e+00 2 0", "{{printf \"%d %d %f %.0e %g %.0F\" 3.0 -7.0 2 2 2 0}}"),
	gives("SPEC 4.8: relaxed verbs", "  3|003|2.0E+00|+2.00", "{{printf \"%3d|%.3d|%.1E|%+.2f\" 3.0 3.0 2 2}}"),
	gives("SPEC 4.8: not inside lists, beyond 64 bits, for *", "[%!d(float64=2)] [%!f(int=2)] %!d(float64=1e+30) %!(BADWIDTH)1", "{{printf \"%d %f %d %*d\" (list 2.0) (list 2) 1e30 2.0 1}}"),
	gives("SPEC 4.8: unknown verbs", "%!T(int=1) %!p(string=a) %!T(<nil>) [%!T(int=1)]", "{{printf \"%T %p %T %T\" 1 \"a\" nil (list 1)}}"),
	gives("SPEC 4.8: names in mismatches", "%!(EXTRA list=[1], map=map[a:1], time=2026-03-30T08:00:00Z) %!d(time=2026-03-30T08:00:00Z)", "{{printf \"\" (list 1) (dict \"a\" 1) now}} {{printf \"%d\" now}}"),
	gives("SPEC 4.8: lists and maps print as %v", "[a 1] map[a:b]", "{{printf \"%#v %#v\" (list \"a\" 1) (dict \"a\" \"b\")}}"),
	gives("SPEC 4.8: bytes that are no UTF-8", "\ufffd \ufffd\ufffd 3", "{{\"\\xff\"}} {{\"\\377\\xc3\"}} {{len \"\\xff\"}}"),
	gives("SPEC 4.10: widths and precisions", "%!(BADWIDTH)1 %!(BADPREC)1 %!(BADWIDTH)1", "{{printf \"%1000001d %.1000001d %99999999999999999999d\" 1 1 1}}"),
	gives("SPEC 4.9: characters are code points", "日本 é", "{{trunc 2 \"日本語\"}} {{trunc -1 \"é\"}}"),
	fails("SPEC 4.10: nodes", "run", "1:8", "{{range 1000000000}}{{end}}"),
	fails("SPEC 4.10: depth", "run", "1:25", "{{define \"t\"}}{{template \"t\"}}{{end}}{{template \"t\"}}"),
	fails("SPEC 4.10: values", "run", "", "{{$x := \"aaaaaaaa\"}}{{range 100}}{{$x = print $x $x}}{{end}}"),
	fails("SPEC 4.10: output", "run", "", "{{range 2000}}{{repeat 1000 \"x\"}}{{end}}"),
	gives("SPEC 4.14", "d", "{{ .x | default \"d\" }}"),
	gives("SPEC 4.14", "1.0 8", "{{ printf \"%.1f\" .one }} {{ \"7\" | int | add 1 }}"),
	gives("SPEC 4.14", "true false", "{{ ge .one 0.8 }} {{ eq .x \"s\" }}"),
}

func fails(rule, how, at, t string) *vector { return &vector{Rule: rule, T: t, Fail: how, At: at} }
func gives(rule, want, t string) *vector    { return &vector{Rule: rule, T: t, Want: &want} }

func handMade() []*vector {
	var all []*vector
	for _, t := range agreed {
		v := &vector{Name: "by hand", T: t}
		run(v, dataText)
		all = append(all, v)
	}
	return append(all, differ...)
}
