using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.CommandLines;

/// <summary>What an old QEMU was told, in the words of a new one.</summary>
public sealed class RetiredOptionsTests
{
    private static readonly HashSet<string> Modern = new(StringComparer.Ordinal) { "name", "S", "machine", "global", "overcommit", "run-with", "m" };

    [Theory]
    [InlineData("-machine pc-i440fx-7.2,usb=off -no-hpet", "-machine pc-i440fx-7.2,usb=off,hpet=off")]
    [InlineData("-machine pc-i440fx-7.2,usb=off -no-acpi -no-hpet -S", "-machine pc-i440fx-7.2,usb=off,acpi=off,hpet=off -S")]
    [InlineData("-M pc -no-hpet", "-M pc,hpet=off")]
    [InlineData("-no-hpet", "-machine hpet=off")]
    [InlineData("-S -no-kvm-pit-reinjection", "-S -global kvm-pit.lost_tick_policy=discard")]
    [InlineData("-realtime mlock=off -S", "-S -overcommit mem-lock=off")]
    [InlineData("-async-teardown -S", "-S -run-with async-teardown=on")]
    public void What_is_gone_is_said_in_the_new_way(string old, string now) =>
        Assert.Equal(now, string.Join(' ', RetiredOptions.Translate(CommandLine.Parse(["qemu", .. old.Split(' ')]), Modern).Render().Skip(1)));

    [Fact]
    public void What_the_new_one_still_has_stays()
    {
        string[] words = ["qemu", "-machine", "pc", "-no-hpet", "-no-acpi"];
        Assert.Equal(words, RetiredOptions.Translate(CommandLine.Parse(words), new HashSet<string> { "machine", "no-hpet", "no-acpi" }).Render());
        Assert.Equal(words, RetiredOptions.Translate(CommandLine.Parse(words), null).Render());
    }

    [Fact]
    public void What_has_no_new_word_is_named()
    {
        var exception = Assert.Throws<CommandLineException>(() => RetiredOptions.Translate(CommandLine.Parse(["qemu", "-S", "-enable-fips"]), Modern));
        Assert.Contains("no option '-enable-fips'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_by_its_name_alone_and_the_short_name_of_machine_are_no_unknown_options() =>
        Assert.Equal(["qemu", "a.img", "-M", "pc"], RetiredOptions.Translate(CommandLine.Parse(["qemu", "a.img", "-M", "pc"]), Modern).Render());
}
