using CsCheck;
using VirtHandover.Handover.Records;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Records;

public class LineCheckTests
{
    public static TheoryData<string, string[]> Added { get; } = new()
    {
        { "a second uuid", ["-uuid", "00000000-0000-0000-0000-000000000001"] },
        { "a second uuid in other dashes", ["--uuid", "00000000-0000-0000-0000-000000000001"] },
        { "a second name", ["-name", "guest=other"] },
        { "a second sandbox", ["-sandbox", "off"] },
        { "a second sandbox of the same words", ["-sandbox", LineCheck.Sandbox] },
        { "a second machine", ["-machine", "none"] },
        { "a machine by its other name", ["-M", "none"] },
        { "a second stop", ["-S"] },
        { "a configuration file", ["-readconfig", "/tmp/x"] },
        { "a log file", ["-D", "/tmp/x"] },
        { "a pid file", ["-pidfile", "/etc/x"] },
        { "another user", ["-runas", "root"] },
        { "another user in newer words", ["-run-with", "user=root"] },
        { "a second monitor", ["-mon", "chardev=charserial0,mode=control"] },
        { "a plugin", ["-plugin", "/tmp/x.so"] },
        { "a trace", ["-trace", "file=/tmp/x"] },
        { "a debugger", ["-gdb", "tcp::1234"] },
        { "a monitor", ["-qmp", "unix:/tmp/x,server=on"] },
        { "an image without an option", ["/etc/shadow"] },
        { "an image by its option", ["-hda", "/etc/shadow"] },
        { "a drive", ["-drive", "file=/etc/shadow,format=raw"] },
        { "a drive by a relative name", ["-drive", "file=shadow,format=raw"] },
        { "a disk", ["-blockdev", """{"driver":"file","filename":"/etc/shadow","node-name":"x"}"""] },
        { "a disk by a relative name", ["-blockdev", """{"driver":"file","filename":"shadow","node-name":"x"}"""] },
        { "a disk below a disk", ["-blockdev", """{"driver":"raw","node-name":"x","file":{"driver":"file","filename":"/etc/shadow"}}"""] },
        { "a disk in other words", ["-blockdev", """{"driver":"raw","node-name":"x","file":"json:{\"filename\":\"/etc/shadow\"}"}"""] },
        { "a socket", ["-chardev", "socket,id=x,path=/run/systemd/private,server=off"] },
        { "a file behind a port", ["-chardev", "file,id=x,path=/etc/cron.d/x"] },
        { "a file hidden behind another", ["-chardev", "file,id=x,path=/etc/cron.d/x,path=/dev/fdset/0"] },
        { "a log of a port", ["-chardev", "null,id=x,logfile=/etc/cron.d/x"] },
        { "a port of another kind", ["-chardev", "ringbuf,id=x"] },
        { "another VM's memory", ["-object", """{"qom-type":"memory-backend-file","id":"x","mem-path":"/var/lib/libvirt/qemu/ram/9-other/pc.ram"}"""] },
        { "another VM's key", ["-object", """{"qom-type":"secret","id":"x","format":"raw","file":"/var/lib/libvirt/qemu/domain-9-other/master-key.aes"}"""] },
        { "a path that climbs", ["-object", """{"qom-type":"secret","id":"x","file":"/var/lib/libvirt/qemu/domain-1-s1/../domain-9-other/master-key.aes"}"""] },
        { "a descriptor as memory", ["-object", """{"qom-type":"memory-backend-file","id":"x","mem-path":"/proc/self/fd/3","size":1}"""] },
        { "an object that writes", ["-object", "filter-dump,id=x,netdev=hostnet0,file=/tmp/x"] },
        { "a network helper", ["-netdev", "bridge,id=x,helper=/tmp/x"] },
        { "a network script", ["-netdev", "tap,id=x,script=/tmp/x"] },
        { "a device of the host", ["-device", "vfio-pci,host=0000:00:1f.0,id=x"] },
        { "a ROM", ["-device", """{"driver":"virtio-net-pci","romfile":"/etc/shadow","id":"x"}"""] },
        { "firmware", ["-bios", "/etc/shadow"] },
        { "a table", ["-acpitable", "sig=SLIC,file=/etc/shadow"] },
        { "a blob", ["-fw_cfg", "name=opt/x,file=/etc/shadow"] },
        { "a program as a stream", ["-incoming", "exec:sh"] },
        { "a stream from a file", ["-incoming", "file:/etc/shadow"] },
        { "a TPM", ["-tpmdev", "passthrough,id=x,path=/dev/tpm0"] },
        { "a folder", ["-fsdev", "local,id=x,path=/"] },
        { "an option without its argument", ["-device"] },
        { "JSON that is none", ["-device", "{"] },
        { "one member twice", ["-device", """{"driver":"a","driver":"b"}"""] },
    };

    public static TheoryData<string, string, string, string> Changed { get; } = new()
    {
        { "-uuid", "", "-uuid", "00000000-0000-0000-0000-000000000001" },
        { "-name", "guest=s1,", "-name", "guest=s2," },
        { "-name", "debug-threads=on", "-name", "debug-threads=on,guest=s2" },
        { "-sandbox", "on,obsolete", "-sandbox", "off,obsolete" },
        { "-sandbox", "spawn=deny", "-sandbox", "spawn=allow" },
        { "-sandbox", ",resourcecontrol=deny", "-sandbox", "" },
        { "-kernel", "/", "-kernel", "/tmp/" },
        { "-append", "console", "-append", "init=/bin/sh console" },
        { "-chardev", "socket", "-chardev", "socket,path=/run/x.sock" },
    };

    [Fact]
    public void What_libvirt_wrote_is_libvirts()
    {
        Assert.True(Start.Recorded.Count >= 3);
        Assert.All(Start.Recorded, start => Assert.Empty(start.Problems(start.Words)));
    }

    [Theory]
    [MemberData(nameof(Added))]
    public void What_was_added_is_found_wherever_it_stands(string what, string[] added)
    {
        foreach (var start in Start.Recorded)
        {
            // At the front, before -sandbox, and last.
            foreach (var at in (int[])[1, Array.IndexOf(start.Words, "-sandbox"), start.Words.Length])
                Assert.True(start.Problems([.. start.Words[..at], .. added, .. start.Words[at..]]).Count > 0, $"{what} at {at} of {start.Name}");
        }
    }

    [Theory]
    [MemberData(nameof(Changed))]
    public void What_was_changed_is_found(string option, string from, string sameOption, string to)
    {
        Assert.Equal(option, sameOption);
        var words = Start.Shared.With(option, argument => from.Length == 0 ? to : argument.Replace(from, to, StringComparison.Ordinal));
        Assert.NotEqual(Start.Shared.Words, words);
        Assert.NotEmpty(Start.Shared.Problems(words));
    }

    [Theory]
    [InlineData("-sandbox")]
    [InlineData("-uuid")]
    [InlineData("-name")]
    [InlineData("-no-user-config")]
    [InlineData("-nodefaults")]
    [InlineData("-S")]
    public void What_is_missing_is_found(string option)
    {
        var at = Array.IndexOf(Start.Shared.Words, option);
        var length = option is "-S" or "-nodefaults" or "-no-user-config" ? 1 : 2;
        Assert.NotEmpty(Start.Shared.Problems([.. Start.Shared.Words[..at], .. Start.Shared.Words[(at + length)..]]));
    }

    [Fact]
    public void What_the_domain_itself_adds_is_its_own_in_one_place_and_order()
    {
        string[] extras = ["-fw_cfg", "name=opt/a,file=/srv/a", "-snapshot", "-qmp", "unix:/tmp/q,server=on"];
        var start = Start.Shared.With(xml => Start.Qemu(xml).Replace(
            "</domain>",
            $"<qemu:commandline>{string.Concat(extras.Select(extra => $"<qemu:arg value='{extra}'/>"))}</qemu:commandline></domain>",
            StringComparison.Ordinal));
        var at = Array.IndexOf(start.Words, "-sandbox");
        string[] good = [.. start.Words[..at], .. extras, .. start.Words[at..]];
        Assert.Empty(start.Problems(good));
        Assert.NotEmpty(start.Problems(start.Words));
        Assert.NotEmpty(start.Problems([.. good, .. extras]));
        Assert.NotEmpty(start.Problems([.. start.Words[..at], .. extras[2..], .. extras[..2], .. start.Words[at..]]));
        // As an argument of another option they are something else.
        Assert.NotEmpty(start.Problems([.. start.Words[..at], "-append", .. extras, .. start.Words[at..]]));
    }

    [Fact]
    public void Without_a_sandbox_in_libvirts_settings_there_need_be_none()
    {
        Assert.NotEmpty(Start.Shared.Problems(Start.Shared.With("-sandbox", _ => "off")));
        var start = Start.Shared with { Facts = Start.Shared.Facts with { Settings = Start.Defaults with { HasSandbox = false } } };
        Assert.Empty(start.Problems(start.Words));
        Assert.Empty(start.Problems(start.With("-sandbox", _ => "off")));
        Assert.NotEmpty(start.Problems(start.With("-sandbox", _ => "on")));
    }

    [Fact]
    public void A_script_that_starts_QEMU_names_what_it_starts()
    {
        var start = Start.Shared.With(xml => xml.Replace("/usr/libexec/qemu-kvm", "/usr/local/bin/kvm", StringComparison.Ordinal));
        Assert.Empty(start.Problems(start.Words));
        Assert.NotEmpty(start.Problems(["/tmp/qemu", .. start.Words[1..]]));
    }

    [Fact]
    public void What_a_handover_made_of_it_is_the_domains_still()
    {
        var start = Start.Shared;
        string[] moved = [.. start.Words.Select(word => word.Replace("/var/lib/libvirt/qemu/ram/1-s1/pc.ram", "/proc/self/fd/40", StringComparison.Ordinal))];
        Assert.NotEqual(start.Words, moved);
        Assert.NotEmpty(LineCheck.Problems(moved, start.Facts));
        Assert.Empty(LineCheck.Problems(moved, start.Facts, wasMoved: true));
    }

    [Fact]
    public void Whatever_is_done_to_it_it_is_judged_and_in_few_words()
    {
        var start = Start.Shared;
        string[] likely =
        [
            .. start.Words, "-uuid", "-sandbox", "{", "{}", ",,", "=", "-", "--", "unix:", "/", "-blockdev", """{"file":[[["/x"]]]}""",
        ];
        var strange = Gen.String[Gen.Char['\u0001', '\uffff'], 0, 40];
        var word = Gen.Select(Gen.Int[0, 2 * likely.Length], strange, (at, other) => at < likely.Length ? likely[at] : other);
        Gen.Select(Gen.Int[0, start.Words.Length], Gen.Int[0, 3], word.Array[0, 6]).Sample(change =>
        {
            var (at, removed, added) = change;
            string[] words = [.. start.Words[..at], .. added, .. start.Words[Math.Min(start.Words.Length, at + removed)..]];
            var problems = start.Problems(words);
            Assert.InRange(problems.Count, 0, 8);
            Assert.All(problems, problem => Assert.InRange(problem.Length, 1, 2000));
            // Nothing that names a program, a user or an identity comes through.
            if (problems.Count == 0)
            {
                var line = CommandLine.Parse(words);
                Assert.Equal(start.Facts.Domain.Uuid.ToString(), Assert.Single(line.All("uuid")).Argument);
                Assert.Equal(LineCheck.Sandbox, Assert.Single(line.All("sandbox")).Argument);
            }
        }, iter: 4000);
    }

    [Fact]
    public void A_password_is_never_told()
    {
        var problems = Start.Shared.Problems([.. Start.Shared.Words, "-object", "x-secret,password=pass/word", "secretword"]);
        Assert.NotEmpty(problems);
        Assert.DoesNotContain("pass/word", string.Join(' ', problems), StringComparison.Ordinal);
        Assert.DoesNotContain("secretword", string.Join(' ', problems), StringComparison.Ordinal);
    }
}
