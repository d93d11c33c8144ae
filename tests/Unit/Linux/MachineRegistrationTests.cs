using CsCheck;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>What machined says of a VM, in the words of systemd 252 and 262, and what it is told again.</summary>
public sealed class MachineRegistrationTests
{
    private const string Old =
        """{"type":"a{sv}","data":[{"Name":{"type":"s","data":"qemu-1-a"},"Id":{"type":"ay","data":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,255]},"Timestamp":{"type":"t","data":1795640861835237},"TimestampMonotonic":{"type":"t","data":1151133481},"Service":{"type":"s","data":"libvirt-qemu"},"Unit":{"type":"s","data":"machine-qemu\\x2d1\\x2da.scope"},"Leader":{"type":"u","data":179},"Class":{"type":"s","data":"vm"},"RootDirectory":{"type":"s","data":""},"NetworkInterfaces":{"type":"ai","data":[7,9]},"State":{"type":"s","data":"running"}}]}""";

    private const string New =
        """{"type":"a{sv}","data":[{"Name":{"type":"s","data":"qemu-1-a"},"Id":{"type":"ay","data":[]},"Timestamp":{"type":"t","data":1795640875627392},"TimestampMonotonic":{"type":"t","data":1164925636},"Service":{"type":"s","data":"libvirt-qemu"},"Unit":{"type":"s","data":"machine-qemu\\x2d1\\x2da.scope"},"Subgroup":{"type":"s","data":"libvirt/emulator"},"Leader":{"type":"u","data":244},"LeaderPIDFDId":{"type":"t","data":87084},"Supervisor":{"type":"u","data":252},"SupervisorPIDFDId":{"type":"t","data":87106},"Class":{"type":"s","data":"vm"},"RootDirectory":{"type":"s","data":""},"NetworkInterfaces":{"type":"ai","data":[]},"VSockCID":{"type":"u","data":4294967295},"SSHAddress":{"type":"s","data":""},"SSHPrivateKeyPath":{"type":"s","data":""},"State":{"type":"s","data":"running"},"UID":{"type":"u","data":0}}]}""";

    [Fact]
    public void What_was_read_is_registered_again_with_another_leader()
    {
        var machine = MachineRegistration.Parse(Old)!;
        Assert.Equal(179, machine.Leader);
        Assert.Equal(
            "sayssusai qemu-1-a 16 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 255 libvirt-qemu vm 4711  2 7 9",
            string.Join(' ', machine.Arguments(4711)));
    }

    [Fact]
    public void A_newer_machined_says_more_and_means_the_same()
    {
        var machine = MachineRegistration.Parse(New)!;
        Assert.Equal(("qemu-1-a", 244), (machine.Name, machine.Leader));
        Assert.Equal("sayssusai qemu-1-a 0 libvirt-qemu vm 5  0", string.Join(' ', machine.Arguments(5)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"type":"a{sv}","data":[]}""")]
    [InlineData("""{"type":"a{sv}","data":[{"Name":{"type":"s","data":"a"}}]}""")]
    public void Anything_else_is_none(string json) => Assert.Null(MachineRegistration.Parse(json));

    [Fact]
    public void Damaged_words_never_throw() => Gen.Select(Gen.Int[0, Old.Length - 1], Gen.Char).Sample((at, letter) =>
    {
        char[] text = Old.ToCharArray();
        text[at] = letter;
        _ = MachineRegistration.Parse(new string(text));
        _ = MachineRegistration.Parse(Old[..at]);
    });
}
