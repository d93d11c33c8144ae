using CsCheck;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.CommandLines;

public sealed class VncListenerTests
{
    [Theory]
    [InlineData("127.0.0.1:0", "127.0.0.1|5900|||False")]
    [InlineData("127.0.0.1:3,audiodev=audio1", "127.0.0.1|5903|||False")]
    [InlineData("[::1]:1,ipv6=on,ipv4=off", "::1|5901|False|True|False")]
    [InlineData(":7", "|5907|||False")]
    [InlineData("vnc=0.0.0.0:2,share=ignore", "0.0.0.0|5902|||False")]
    [InlineData("0.0.0.0:2,websocket=5702", "0.0.0.0|5902|||False;0.0.0.0|5702|||True")]
    [InlineData("0.0.0.0:2,websocket=on", "0.0.0.0|5902|||False;0.0.0.0|5702|||True")]
    [InlineData("unix:/run/vnc.sock", "/run/vnc.sock||||False")]
    [InlineData("none", "")]
    [InlineData("none,audiodev=audio1", "")]
    public void A_listener_is_what_the_option_says(string option, string expected) => Assert.Equal(
        expected,
        string.Join(';', VncListener.Of(CommandLine.Parse(["qemu", "-vnc", option])).Select(l => $"{l.Host}|{l.Service}|{l.Ipv4}|{l.Ipv6}|{l.IsWebsocket}")));

    [Fact]
    public void Random_options_are_read_or_refused() => Gen.String[Gen.Char["0123456789:[].,=vncunix/to"], 0, 30].Sample(text =>
    {
        try
        {
            return VncListener.Of(CommandLine.Parse(["qemu", "-vnc", text])).Count >= 0;
        }
        catch (CommandLineException)
        {
            return true;
        }
    });
}
