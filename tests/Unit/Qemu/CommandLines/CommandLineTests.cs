using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.CommandLines;

public class CommandLineTests
{
    private static readonly Gen<string> Word = Gen.OneOf(
        Gen.String[Gen.Char[" ,=:-{}\"abcxyz0189é"], 0, 20],
        Gen.Int[0, 7].Select(i => ((string[])["-S", "-device", "--name", "-nodefaults", "-chardev", "-netdev", "disk.img", "-"])[i]));

    [Fact]
    public void Rendering_gives_back_every_word() =>
        Word.Array[1, 30].Sample(words => CommandLine.Parse(words).Render().SequenceEqual(words));

    [Fact]
    public void Proc_content_gives_back_every_byte()
    {
        foreach (var words in Corpus.CommandLines.Select(File.ReadAllLines))
        {
            var bytes = Encoding.UTF8.GetBytes(string.Join('\0', words) + "\0");
            Assert.Equal(words, CommandLine.Parse(ProcessCommandLine.Parse("cmdline", bytes)).Render());
        }
    }

    [Fact]
    public void Untouched_keyed_arguments_are_rendered_as_they_came() =>
        Gen.String[Gen.Char[",=ab"], 0, 30].Sample(text => text.StartsWith('{') || OptionValue.Parse(text).Render() == text || HasOddCommas(text));

    [Fact]
    public void Random_bytes_give_options_or_the_declared_exception() =>
        Gen.Byte.Array[0, 100].Select(Gen.Bool, (bytes, text) => text ? Encoding.UTF8.GetBytes(Encoding.Latin1.GetString(bytes)) : bytes).Sample(bytes =>
        {
            try
            {
                foreach (var option in CommandLine.Parse(ProcessCommandLine.Parse("cmdline", bytes)).Options)
                    _ = (option.Id, option.Kind);
            }
            catch (Exception e) when (e is CommandLineException or ProcException)
            {
                Assert.NotEmpty(e.Message);
            }
        });

    [Fact]
    public void Twisted_real_command_lines_give_a_target_or_the_declared_exception()
    {
        var lines = Corpus.CommandLines.Select(File.ReadAllLines).ToArray();
        Gen.Select(Gen.Int[0, lines.Length - 1], Gen.Int[0, 200], Word, Gen.Int[0, 60]).Sample((line, at, word, cut) =>
        {
            var words = lines[line].ToArray();
            var i = at % words.Length;
            words[i] = cut % 2 == 0 ? word : words[i][..Math.Min(cut, words[i].Length)];
            try
            {
                var parsed = CommandLine.Parse(words);
                TargetCommandLine.Build(parsed, new TargetPlan { Program = "/qemu", Memory = [new MemoryBackend("pc.ram", 1, false)] });
            }
            catch (Exception e) when (e is CommandLineException or ProcException)
            {
                Assert.NotEmpty(e.Message);
            }
        });
    }

    [Fact]
    public void Keyed_values_are_read_as_qemu_reads_them()
    {
        var value = OptionValue.Parse("socket,id=a,,b=c,server,nowait,path=/x,path=/y");
        Assert.Equal("socket", value.Implied("backend"));
        Assert.Equal("a,b=c", value.Text("id"));
        Assert.Equal(("on", "off", "/y"), (value.Text("server"), value.Text("wait"), value.Text("path")));
        Assert.Null(value.Text("telnet"));
        Assert.Equal("socket,id=a,,b=c,server,nowait,path=/x,path=a,,b", value.With("path", JsonValue.Create("a,b")!).Render());
        Assert.Equal("socket,id=a,,b=c,server,path=/x,path=/y", value.Without("wait").Render());
    }

    [Fact]
    public void Json_values_are_read_like_keyed_ones()
    {
        var value = OptionValue.Parse("""{"driver":"virtio-blk-pci","id":"d","write-cache":"on","share":true,"size":201326592}""");
        Assert.Equal(("virtio-blk-pci", "d", "on", "201326592"), (value.Implied("driver"), value.Text("id"), value.Text("share"), value.Text("size")));
        Assert.Equal("""{"driver":"virtio-blk-pci","id":"e","write-cache":"on","share":true,"size":201326592}""", value.With("id", JsonValue.Create("e")!).Render());
        Assert.Throws<CommandLineException>(() => OptionValue.Parse("{"));
        Assert.Throws<CommandLineException>(() => OptionValue.Parse("""{"a":1,"a":2}"""));
        Assert.Throws<CommandLineException>(() => OptionValue.Parse("""{"a":{"b":1,"\u0062":2}}"""));
        Assert.Throws<CommandLineException>(() => OptionValue.Parse("""{"a":"\ud800"}"""));
        Assert.Throws<CommandLineException>(() => OptionValue.Parse("""{"a":{"b":[1,"\ud800"]}}"""));
        Assert.Throws<CommandLineException>(() => OptionValue.Parse("""{"a":{"\ud800":1}}"""));
    }

    [Fact]
    public void Descriptors_are_found_by_what_they_are_for()
    {
        var fds = FdReference.Of(CommandLine.Parse(Corpus.CommandLine("libvirt-6.0-keyed")));
        Assert.Equal(
            [
                new(27, FdRole.Monitor, "charmonitor"), new(30, FdRole.Fdset, "1", "/var/log/serial,0.log"), new(31, FdRole.Tap, "hostnet0"),
                new(32, FdRole.Tap, "hostnet0"), new(33, FdRole.Vhost, "hostnet0"), new(34, FdRole.Vhost, "hostnet0"), new(35, FdRole.Incoming, ""),
            ],
            fds);
        fds = FdReference.Of(CommandLine.Parse(Corpus.CommandLine("libvirt-9.0-private-i440fx")));
        Assert.Equal([new(32, FdRole.Monitor, "charmonitor"), new(33, FdRole.Tap, "hostnet0"), new(31, FdRole.Chardev, "charchannel0")], fds);
    }

    // A lone comma before a doubled one reads as an empty item; QEMU never gets such text from libvirt, and nothing is lost but the form.
    private static bool HasOddCommas(string text) => text.Contains(",,,", StringComparison.Ordinal);
}
