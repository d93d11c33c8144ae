using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Tests.Unit.Libvirt;

public class SharedMemoryEditTests
{
    private const string Backing = "<memoryBacking><source type=\"file\" /><access mode=\"shared\" /></memoryBacking>";

    [Theory]
    [InlineData("<domain><name>a</name></domain>", $"<domain><name>a</name>{Backing}</domain>")]
    [InlineData(
        "<domain><memoryBacking><hugepages/><locked/></memoryBacking></domain>",
        "<domain><memoryBacking><hugepages /><locked /><source type=\"file\" /><access mode=\"shared\" /></memoryBacking></domain>")]
    [InlineData("<domain><memoryBacking><source type='memfd'/><access mode='private'/></memoryBacking></domain>", $"<domain>{Backing}</domain>")]
    [InlineData(
        "<domain><cpu><numa><cell id='0' memAccess='private'/></numa></cpu></domain>",
        $"<domain><cpu><numa><cell id=\"0\" memAccess=\"shared\" /></numa></cpu>{Backing}</domain>")]
    [InlineData(
        "<domain><devices><memory model='dimm' access='private'/></devices></domain>",
        $"<domain><devices><memory model=\"dimm\" access=\"shared\" /></devices>{Backing}</domain>")]
    public void Memory_becomes_a_shared_file_and_nothing_else_changes(string before, string after) => Assert.Equal(after, SharedMemoryEdit.Apply(before));

    [Fact]
    public void What_is_shared_already_is_left_alone() => Assert.Null(SharedMemoryEdit.Apply($"<domain>{Backing}</domain>"));

    [Theory]
    [InlineData("")]
    [InlineData("<network/>")]
    [InlineData("<domain>")]
    public void What_is_no_definition_is_refused(string text) => Assert.Throws<LibvirtException>(() => SharedMemoryEdit.Apply(text));
}
