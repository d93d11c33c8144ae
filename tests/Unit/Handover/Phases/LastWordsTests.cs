using CsCheck;
using VirtHandover.Handover.Phases;

namespace VirtHandover.Tests.Unit.Handover.Phases;

/// <summary>Why a QEMU ended, out of libvirt's log of the VM.</summary>
public sealed class LastWordsTests
{
    [Theory]
    [InlineData("2026-11-25T21:31:03.123456Z qemu-system-x86_64: -kernel /nope: could not open it\n\n", "qemu-system-x86_64: -kernel /nope: could not open it")]
    [InlineData("first\nsecond\n", "second")]
    [InlineData("a \u001b[31m\u202eb\u0007\n", @"a \u001B[31m\u202Eb\u0007")]
    [InlineData("\n \n", null)]
    [InlineData("qemu: it is broken\n2026-11-25T21:31:03.123456Z qemu: info: QEMU waiting for connection on: disconnected:unix:/x/virt-handover-hold,server=on\n", "qemu: it is broken")]
    public void The_last_line_that_says_something_counts(string log, string? said) => Assert.Equal(said, LastWords.LastLine(log));

    [Fact]
    public void What_was_there_before_is_not_quoted()
    {
        using var directory = new TemporaryDirectory();
        string log = Path.Combine(directory.Path, "a.log");
        File.WriteAllText(log, "old words\n");
        var words = new LastWords(log, new FileInfo(log).Length);
        Assert.EndsWith($"are in libvirt's log of the VM, {log}.", words.Quote(), StringComparison.Ordinal);
        File.AppendAllText(log, "new words\n");
        Assert.Equal("libvirt's log of the VM ends with: 'new words'.", words.Quote());
        Assert.Contains("/nonexistent", new LastWords("/nonexistent", 0).Quote(), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_log_is_one_line_of_plain_text() => Gen.String.Sample(text =>
        LastWords.LastLine(text) is not { } line || (line.Length <= 400 && !line.Any(char.IsControl)));
}
