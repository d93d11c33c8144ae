using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Detection;

public class DomainProcessTests
{
    private static readonly Guid Uuid = Guid.Parse("11111111-2222-3333-4444-555555555501");

    [Theory]
    [InlineData("qemu|-name|guest=web,debug-threads=on|-uuid|11111111-2222-3333-4444-555555555501", true)]
    [InlineData("qemu|-name|guest=other|-uuid|11111111-2222-3333-4444-555555555501", true)]
    [InlineData("qemu|-name|guest=web|-uuid|11111111-2222-3333-4444-555555555502", false)]
    [InlineData("qemu|-name|guest=web", true)]
    [InlineData("qemu|-name|guest=web,debug-threads=on", true)]
    [InlineData("qemu|-name|guest=web2", false)]
    [InlineData("qemu|-name|guest=web,,2", false)]
    [InlineData("qemu|-uuid", false)]
    [InlineData("vim|web", false)]
    [InlineData("", false)]
    public void A_process_is_known_by_its_command_line(string arguments, bool belongs) =>
        Assert.Equal(belongs, DomainProcess.Belongs(arguments.Split('|'), Uuid, "web"));

    [Fact]
    public void A_comma_in_the_name_is_doubled() =>
        Assert.True(DomainProcess.Belongs(["qemu", "-name", "guest=a,,b,debug-threads=on"], Uuid, "a,b"));
}
