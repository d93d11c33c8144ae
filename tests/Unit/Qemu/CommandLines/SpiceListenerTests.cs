using CsCheck;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.CommandLines;

public sealed class SpiceListenerTests
{
    [Theory]
    [InlineData("port=5900,addr=127.0.0.1,disable-ticketing=on,seamless-migration=on", "127.0.0.1|5900|False")]
    [InlineData("port=5900,tls-port=5901,addr=::1,x509-dir=/etc/pki/libvirt-spice", "::1|5900|False;::1|5901|True")]
    [InlineData("tls-port=5901,addr=0.0.0.0", "0.0.0.0|5901|True")]
    [InlineData("port=5900", "|5900|False")]
    [InlineData("port=0,disable-ticketing=on", "")]
    [InlineData("unix,addr=/run/spice.sock,disable-ticketing=on", "/run/spice.sock|0|False")]
    [InlineData("unix=on,addr=/run/spice.sock", "/run/spice.sock|0|False")]
    public void A_listener_is_what_the_option_says(string option, string expected) => Assert.Equal(
        expected, string.Join(';', SpiceListener.Of(CommandLine.Parse(["qemu", "-spice", option])).Select(l => $"{l.Host}|{l.Port}|{l.IsTls}")));

    [Theory]
    [InlineData("port=many")]
    [InlineData("port=65536")]
    [InlineData("tls-port=-1")]
    public void A_port_that_is_none_cannot_be_read(string option) =>
        Assert.Throws<CommandLineException>(() => SpiceListener.Of(CommandLine.Parse(["qemu", "-spice", option])));

    [Fact]
    public void Two_servers_cannot_be_read() =>
        Assert.Throws<CommandLineException>(() => SpiceListener.Of(CommandLine.Parse(["qemu", "-spice", "port=1", "-spice", "port=2"])));

    [Theory]
    [InlineData("port=5900,tls-port=5901,addr=127.0.0.1,tls-channel=main,disable-ticketing=on", "disable-ticketing=on,port=0")]
    [InlineData("unix,addr=/run/spice.sock,image-compression=off", "image-compression=off,port=0")]
    public void Without_its_listeners_the_server_is_the_same(string option, string expected)
    {
        var silent = SpiceListener.Without(new CommandLineOption("-spice", option));
        Assert.Equal(expected, silent.Argument);
        Assert.Empty(SpiceListener.Of(new CommandLine("qemu", [silent])));
    }

    [Fact]
    public void The_target_listens_by_its_own_arguments_and_the_old_twin_on_nothing()
    {
        var line = CommandLine.Parse([.. Corpus.CommandLine("libvirt-9.0-private-i440fx"), "-spice", "port=5900,tls-port=5901,addr=127.0.0.1"]);
        TargetStart Build(bool isOldTwin) => TargetCommandLine.Build(
            line, new TargetPlan { Program = "/new/qemu", IsOldTwin = isOldTwin, Memory = [new MemoryBackend("pc.ram", 201326592, false)] });

        var target = Build(false);
        Assert.Equal(line.Last("spice")!.Argument, target.Line.Last("spice")!.Argument);
        Assert.Equal([("SPICE", "127.0.0.1", 5900), ("SPICE with TLS", "127.0.0.1", 5901)], target.Binds.Select(bind => (bind.Meaning, bind.Host, bind.Port)));
        var twin = Build(true);
        Assert.Equal("port=0", twin.Line.Last("spice")!.Argument);
        Assert.Empty(twin.Binds);
        Assert.Equal(line.Last("spice")!.Argument, twin.Logical.Last("spice")!.Argument);
    }

    [Fact]
    public void Random_options_are_read_or_refused() => Gen.String[Gen.Char["0123456789:[].,=portadlsunix-/"], 0, 30].Sample(text =>
    {
        try
        {
            return SpiceListener.Of(CommandLine.Parse(["qemu", "-spice", text])).Count >= 0;
        }
        catch (CommandLineException)
        {
            return true;
        }
    });
}
